/**
 * The one module that touches the editor's API at run time. Everything else imports values from here and types from
 * "vscode", so a test replaces this module and needs no editor.
 */
export {
  CancellationTokenSource,
  ConfigurationTarget,
  Disposable,
  EventEmitter,
  InlineCompletionTriggerKind,
  LanguageStatusSeverity,
  MarkdownString,
  Position,
  ProgressLocation,
  QuickPickItemKind,
  Range,
  StatusBarAlignment,
  TextDocumentChangeReason,
  TextEditorRevealType,
  ThemeColor,
  Uri,
  ViewColumn,
  commands,
  env,
  extensions,
  languages,
  version,
  window,
  workspace,
} from "vscode";
