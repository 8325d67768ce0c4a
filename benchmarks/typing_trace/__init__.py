"""A recorded typing trace over a real project, played against Burnish and against llama.cpp's server as an editor drives them.

Both get the same keys at the same times (``burnish_server.replay``), the same GGUF file and the same number of threads, and take
turns: a stretch of some twenty seconds of the trace is played against one and then against the other, A B, B A, …; whoever is not
playing is stopped (SIGSTOP), so that neither works in the other's time.

* **Burnish** is the language server over stdio, told and asked what VS Code tells and asks it: open, change, save, where the
  cursor rests, and an inline completion after every key, the one before cancelled.
* **llama.cpp's server** (from the package ``xllamacpp``) is started and asked as the extension llama.vscode does; see
  ``llama_vscode.py``.

VS Code itself waits 50 ms before it asks either (``InlineCompletionsDebounce``); that wait is left out on both sides.

Measured, for every key: the milliseconds until the editor has an answer for the text as it then is. Where the next key comes
before the answer, the wait goes on until the next answer at that place (a user sees nothing meanwhile); where the user leaves
before any answer, the time until then is taken, which is less than the truth. An answer may be "nothing": time to an answer
counts all of them, time to text those where both sides showed something.

* *asking keys*: those for which llama.vscode must ask its model, having no answer in its own cache,
* *all keys*,
* *returns*: the first key after coming back to a place worked at before,
* tokens of prompts evaluated, a key, what is evaluated in the background included, on both sides,
* CPU seconds of either server with all its processes (/proc), while its own stretches were played, and what it took before the
  first one,
* the share of first lines that are exactly the author's, with Burnish's confidence gate as it is by default and, in a second,
  unhurried pass (every answer awaited; times of single requests can be read from it, too), with the gate open.

Ratios are Burnish's figure over the other's, with 95 % intervals by a bootstrap over the stretches.
"""
