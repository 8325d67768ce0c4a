"""Forms of secrets that detect-secrets 1.5 does not know, or knows in an older form only."""

from __future__ import annotations

import re

__all__ = ["ASSIGNED", "ASSIGNED_RANDOM", "PATTERNS", "PLACEHOLDER"]

#: Tokens that say by their own prefix what they are; the name is what a report calls them.
_PREFIXED: dict[str, str] = {
    "github": r"github_pat_[A-Za-z0-9_]{22,}|gh[pousr]_[A-Za-z0-9]{30,}",
    "gitlab": r"gl(?:pat|dt|ft|soat|rt|cbt|ptt|agent|oas|imt|ffct)-[A-Za-z0-9_\-.]{20,}",
    "google": r"AIza[0-9A-Za-z_\-]{35}|GOCSPX-[A-Za-z0-9_\-]{20,}|ya29\.[0-9A-Za-z_\-]{20,}|\b1//0[0-9A-Za-z_\-]{30,}",
    "openai or anthropic": r"\bsk-(?:ant|proj|svcacct|admin|or|lf)-[A-Za-z0-9_\-]{16,}|\bsk-[A-Za-z0-9]{32,}",
    "hugging face": r"\b(?:hf|api_org)_[A-Za-z0-9]{30,}",
    "stripe": r"\b[rs]k_(?:live|test)_[0-9A-Za-z]{16,}|\bwhsec_[0-9A-Za-z]{24,}",
    "slack": r"\bxox[a-z]-[0-9A-Za-z\-]{10,}|\bxapp-\d-[A-Za-z0-9\-]{10,}|\bxoxe\.xox[bp]-[A-Za-z0-9\-]{10,}",
    "npm": r"\bnpm_[A-Za-z0-9]{36}",
    "pypi": r"\bpypi-AgE[A-Za-z0-9_\-]{30,}",
    "docker": r"\bdckr_(?:pat|oat)_[A-Za-z0-9_\-]{20,}",
    "digitalocean": r"\bdo[opr]_v1_[a-f0-9]{64}",
    "shopify": r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    "databricks": r"\bdapi[a-f0-9]{32}",
    "vault": r"\bhv[sbr]\.[A-Za-z0-9_\-]{20,}|\bs\.[A-Za-z0-9]{24}\b",
    "terraform": r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-]{40,}",
    "grafana": r"\bgl(?:sa|c)_[A-Za-z0-9+/_]{30,}",
    "atlassian": r"\bAT(?:ATT|CTT|BB)[A-Za-z0-9_\-=]{24,}",
    "linear, notion, new relic": r"\blin_api_[A-Za-z0-9]{32,}|\bntn_[A-Za-z0-9]{36,}|\bNRAK-[A-Z0-9]{27}",
    "sentry": r"\bsntry[su]_[A-Za-z0-9+/=_]{30,}",
    "postman, planetscale": r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}|\bpscale_(?:tkn|pw|oauth)_[A-Za-z0-9_\-.]{30,}",
    "square": r"\bsq0(?:csp|atp)-[0-9A-Za-z_\-]{22,}|\bEAAA[A-Za-z0-9_\-]{50,}",
    "age": r"AGE-SECRET-KEY-1[A-Z0-9]{50,}",
    "twilio": r"\b(?:AC|SK)[a-f0-9]{32}\b",
    "discord": r"discord(?:app)?\.com/api/webhooks/\d{15,}/[A-Za-z0-9_\-]{40,}",
    "teams": r"webhook\.office\.com/webhookb2/[A-Za-z0-9@\-]{30,}/",
}
#: Secrets by the form of what holds them.
_FORMS: dict[str, str] = {
    "private key": r"BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY|PuTTY-User-Key-File-\d",
    # The middle of a key, its head out of sight: a line of exactly 64 characters of base64 with all sorts in it.
    "key material": r"(?:^|[\"'\s])(?=\S{0,63}[a-z])(?=\S{0,63}[A-Z])(?=\S{0,63}[0-9])(?:[A-Za-z0-9+/]{64}|[A-Za-z0-9+/]{70})"
    r"(?=$|[\"'\s]|\\n)",
    "authorization header": r"(?i)authorization[\"']?\s*[:=,]\s*[fbru]{0,2}[\"']?(?:bearer|basic|token|digest|apikey)\s+"
    r"[A-Za-z0-9+/=_\-.~]{8,}",
    "bearer token": r"(?i)[\"']bearer\s+[A-Za-z0-9+/=_\-.~]{16,}",
    "address with a password": r"[A-Za-z0-9]://[^/\s:@\"'{}<>]*:(?![$]|%[(sdr]|\*)[^/\s:@\"'{}<>]{3,}@[^\s\"']",
    "connection string": r"(?i)\b(?:password|pwd|accountkey|sharedaccesskey|accesskey)=[^;\s\"'{}<>%$]{6,};|"
    r";\s*(?:password|pwd)=[^;\s\"'{}<>%$]{6,}",
    "shared access signature": r"(?i)[?&;]sig(?:nature)?=[A-Za-z0-9%+/]{30,}",
    "json web token": r"eyJ[A-Za-z0-9_\-]{10,}\.eyJ[A-Za-z0-9_\-]{10,}",
    # A key of 32 bytes in url-safe base64 (Fernet), alone between quotes.
    "fernet key": r"[\"'](?=[^\"']*[a-z])(?=[^\"']*[A-Z])(?=[^\"']*[0-9])[A-Za-z0-9_\-]{43}=[\"']",
    "name and password": r"(?:\bauth\s*=\s*|BasicAuth|\.login)\(\s*[\"'][^\"'\n]{1,100}[\"']\s*,\s*[\"'][^\"'\n]{4,100}[\"']\s*\)",
    "command line": r"(?i)(?:--(?:password|passwd|token|secret|api-?key)[= \"',]+|\bsshpass -p ?)[A-Za-z0-9!@#$%^&*+/=_\-]{8,}",
}
PATTERNS: dict[str, re.Pattern[str]] = {name: re.compile(text) for name, text in (_PREFIXED | _FORMS).items()}

#: Names whose value is a secret whatever it looks like, and names whose value is one when it looks random.
_STRONG = (
    r"pass(?:word|wd|phrase|code)|pwd|secret|api_?key|access_?key|auth_?key|private_?key|signing_?key|encryption_?key|"
    r"master_?key|account_?key|service_?key|client_?key|deploy_?key|db_?pass|(?<![A-Za-z])pass(?![A-Za-z])"
)
_WEAK = r"token(?!i[sz])|credential|bearer|licen[sc]e_?key|session_?key|salt|webhook|dsn|cookie"


def _assignment(names: str, value: str) -> re.Pattern[str]:
    """A quoted text assigned, compared or passed to such a name. Group 1: the text. Bounded, so that it stays linear."""
    return re.compile(
        rf"(?i)(?:{names})\w{{0,60}}+[\"'\]]{{0,3}}\s{{0,8}}+(?::\s{{0,8}}[\w\[\]| .]{{1,60}}?)?\s{{0,8}}(?::=|=>|==|!=|=|:|,)\s{{0,8}}+"
        rf"(?:[\w.]{{1,60}}+\((?:[^()\"']{{0,80}}|[\"']\w{{0,60}}[\"']),?\s{{0,8}})?[bru]{{0,2}}[\"']({value})[\"']"
    )


#: For names of the first sort, and of the second.
ASSIGNED = _assignment(_STRONG, r"[^\"'\n]{4,500}")
ASSIGNED_RANDOM = _assignment(
    _WEAK,
    r"(?=[^\"']{0,500}[0-9])(?=[^\"']{0,500}[A-Za-z])(?=[^\"']{0,500}[A-Z+/=_\-]|[0-9a-f]{12,500}[\"'])[^\"'\s]{12,500}",
)
#: Texts that stand for a secret without being one: blanks to be filled in, names of fields, sentences about secrets.
PLACEHOLDER = re.compile(
    r"^(?:[xX]+|(\W)\1*|<.*>|\{.*\}|\[.*\]|\$\{?\w+\}?|.*\\[nt]$|"
    r"(?=.*[{%])(?:[A-Za-z_.\-:/@ ]|\{[^{}]*\}|%[sdr]|%\(\w+\)[sdr])*|"
    r"(?=.{0,40}$).*(?i:your|example|placeholder|change.?me|change.?it|dummy|redacted|replace.?me|fixme|todo|insert.?here).*|"
    r"(?i:none|null|true|false|undefined|optional|required|string|default|unknown|invalid|missing|hidden|"
    r"utf-?8|ascii|latin-?1|https?://[^:@]*)|"
    r"(?=[A-Za-z_.\-/:,;()!?' ]*$)(?:.*[^A-Za-z])?(?i:pass(?:word|wd|phrase)?|pwd|secret|token|(?:api|secret|private)?key|"
    r"user(?:name)?|name|field|auth|login|credential|value)s?(?:[^A-Za-z].*)?|"
    r"[A-Za-z][a-z,;']*(?: [A-Za-z,;']+){4,}[.!?:]?)$"
)
