"""Does it get better? A simulated developer, through the real pipeline, recorder, nightly run and gate.

**What is typed.** The source of a real package, file after file in the order of their paths, so many characters a day. Of each
file's top-level blocks about a third are written in a second pass, between those that stand already, so that the cursor has
code on both sides as often as it has none below.

**When the model is asked.** At random lines: at the start of the line (after its indentation) and at a random place inside it.
The places are drawn beforehand and are the same for every arm, which makes all comparisons paired.

**What the developer does.** They type what the package's authors wrote, one character in 0.12 s. A suggestion that is what
they were about to write they take after half a second to 1.2 s; one that is a beginning of it they take too. One that is wrong
they read for 0.8 to 1.6 s and then press Esc (one time in four) or type on; one time in five they type on before they could
read it. One time in fifty they take a wrong one and undo it. Time is simulated, so survival after 30 s, two and ten minutes is
what the tracker would have seen.

**Nights.** After every day but the last, ``burnish nightly run`` in a process of its own, with nothing changed: its data set, its
gate, its decision. The developer works with whatever it promoted.

**Arms.** ``none``: neither memory nor adapter. ``memory``: the workspace memory of what was written on the days before.
``adapter``: what the night promoted. ``both``. ``candidate``: memory and what the last night trained, whatever the gate said.

**Ablations** (``--ablations``, after the last day). The record of all days but the last is learned from once more, with one thing
changed, and asked on the last day with memory: ``again`` (nothing changed), ``supervised`` (no judged suggestion), ``kto`` (nothing
but judged suggestions), ``flipped`` (wanted and unwanted changed round), ``random`` (a coin says which). What the gate says of each
is kept beside it.

**Figures.** Acceptance at equal coverage: every arm shows as many suggestions, its most confident ones, as ``none`` shows at its
own threshold; acceptance is the share of them that are exactly what was written next. ``right``: the same where everything is
shown. Accepted characters per character typed at the places asked for, everything shown that is above the model's one threshold.
Intervals: paired bootstrap over stretches of forty lines.
"""
