// Settings that several tests start the editor with.

/** While the editor's own telemetry is off nothing is recorded. The proxy leads the editor's extensions nowhere. */
export const TELEMETRY_ON = {
  "telemetry.telemetryLevel": "all",
  "http.proxy": "http://127.0.0.1:9/",
  "http.proxySupport": "override",
};

/** Light, and nothing pops up that a test did not ask for. */
export const CALM = {
  "workbench.colorTheme": "Default Light Modern",
  "editor.quickSuggestions": false,
  "editor.suggestOnTriggerCharacters": false,
  "editor.stickyScroll.enabled": false,
  "burnish.completion.enabled": false,
  "burnish.logLevel": "debug",
};
