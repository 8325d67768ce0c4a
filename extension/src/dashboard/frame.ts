/** The frame of a page of Burnish's own: what loads, and what may load. */
import { escapeHtml } from "./html";

/** Addresses as the webview may load them. */
export interface PageParts {
  readonly nonce: string;
  readonly cspSource: string;
  readonly script: string;
  readonly styles: string;
}

/** The whole document around a body, which is HTML. Nothing may be loaded but the extension's own script and style sheet. */
export function framed(title: string, body: string, { nonce, cspSource, script, styles }: PageParts): string {
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${cspSource}; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="stylesheet" href="${escapeHtml(styles)}">
</head>
<body>
${body}
<script nonce="${escapeHtml(nonce)}" src="${escapeHtml(script)}"></script>
</body>
</html>`;
}
