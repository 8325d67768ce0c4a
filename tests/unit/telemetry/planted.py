"""Secrets of 25 formats, made up from random letters when asked for, so that none stands in this file."""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable

LETTERS, LOWER, UPPER, DIGITS = (
    string.ascii_letters,
    string.ascii_lowercase,
    string.ascii_uppercase,
    string.digits,
)
WORDS = (
    "swordfish",
    "correct-horse-battery",
    "Tr0ub4dor",
    "letmein99",
    "monkeybusiness",
    "p4ssphrase!",
    "zxcvbn",
    "qwerty12",
)


class Planter:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def some(self, alphabet: str, count: int) -> str:
        return "".join(self.random.choice(alphabet) for _ in range(count))

    def mixed(self, count: int) -> str:
        """Letters and digits with one of each sort."""
        chosen = [self.random.choice(kind) for kind in (LOWER, UPPER, DIGITS)]
        chosen += [self.random.choice(LETTERS + DIGITS) for _ in range(count - 3)]
        self.random.shuffle(chosen)
        return "".join(chosen)

    def base64(self, size: int) -> str:
        return base64.b64encode(self.random.randbytes(size)).decode()

    def jwt(self) -> str:
        parts = [json.dumps({"alg": "HS256"}), json.dumps({"sub": self.some(DIGITS, 8)})]
        encoded = [base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts]
        return ".".join([*encoded, base64.urlsafe_b64encode(self.random.randbytes(32)).decode().rstrip("=")])

    def pem(self) -> str:
        body = self.base64(48 * 6)
        lines = [body[at : at + 64] for at in range(0, len(body), 64)]
        return "\n".join(["-----BEGIN " + "PRIVATE KEY-----", *lines, "-----END " + "PRIVATE KEY-----"])


#: Name of the format → a line (or lines) of code with the secret, and the secret itself.
FORMATS: dict[str, Callable[[Planter], tuple[str, str]]] = {}


def add(name: str, template: str, make: Callable[[Planter], str]) -> None:
    def both(planter: Planter) -> tuple[str, str]:
        secret = make(planter)
        return template.replace("¤", secret), secret

    FORMATS[name] = both


add("github", "client = Github('¤')", lambda p: "ghp_" + p.mixed(36))
add("github fine-grained", 'gh = login("¤")', lambda p: "github_pat_" + p.mixed(22) + "_" + p.mixed(59))
add("gitlab", "gl = Gitlab(url, '¤')", lambda p: "glpat-" + p.mixed(20))
add("aws key id", "session = Session('¤')", lambda p: "AKIA" + p.some(UPPER + DIGITS, 16))
add("aws secret", 'AWS_SECRET_ACCESS_KEY = "¤"', lambda p: p.some(LETTERS + DIGITS + "/+", 40))
add("google", 'maps = Client(key="¤")', lambda p: "AIza" + p.some(LETTERS + DIGITS, 35))
add("openai", "openai = OpenAI('¤')", lambda p: "sk-proj-" + p.mixed(48))
add("anthropic", "c = Anthropic(k='¤')", lambda p: "sk-ant-api03-" + p.mixed(60))
add("hugging face", "HfApi('¤')", lambda p: "hf_" + p.mixed(34))
add(
    "slack token",
    "WebClient('¤')",
    lambda p: f"xoxb-{p.some(DIGITS, 12)}-{p.some(DIGITS, 12)}-{p.mixed(24)}",
)
add(
    "slack webhook",
    "post('https://hooks.slack.com/services/¤')",
    lambda p: f"T{p.some(UPPER, 8)}/B{p.some(UPPER, 8)}/{p.mixed(24)}",
)
add("stripe", "stripe.k = '¤'", lambda p: "sk_live_" + p.mixed(24))
add("twilio", "Client('¤')", lambda p: "SK" + p.some(DIGITS + "abcdef", 32))
add("sendgrid", "sg = Mail('¤')", lambda p: f"SG.{p.mixed(22)}.{p.mixed(43)}")
add("npm", "line = '//registry.npmjs.org/:_authToken=¤'", lambda p: "npm_" + p.mixed(36))
add("pypi", "upload('¤')", lambda p: "pypi-AgEIcHlwaS5vcmc" + p.mixed(80))
add("json web token", "cookie = '¤'", lambda p: p.jwt())
add("bearer header", "h = {'Authorization': 'Bearer ¤'}", lambda p: p.mixed(32))
add("database address", "engine = create_engine('postgresql://ada:¤@db.lan/shop')", lambda p: p.mixed(10))
add("azure storage", "c = 'DefaultEndpointsProtocol=https;AccountKey=¤;'", lambda p: p.base64(64))
add("private key", 'KEY = """¤"""', lambda p: p.pem())
add("middle of a private key", "¤", lambda p: p.pem().split("\n")[2])
add("fernet key", "f = Fernet(b'¤')", lambda p: base64.urlsafe_b64encode(p.random.randbytes(32)).decode())
add("django", "SECRET_KEY = 'django-insecure-¤'", lambda p: p.some(LOWER + DIGITS + "!@#$%^&*(-_=+)", 50))
add("password", 'connect(user="ada", password="¤")', lambda p: p.random.choice(WORDS))
