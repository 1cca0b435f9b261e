"""A letter for the user's own program: a link that it opens, or a file that is a draft there."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from urllib.parse import quote

from app.domain.letters.addresses import WrongRecipient, recipients
from app.domain.letters.writing import POLICY

LONGEST_LINK = 2000  # what every browser hands to every program


def mailto(to: str, cc: str, bcc: str, subject: str, text: str) -> str:
    """The link (RFC 6068); "" when it is longer than programs take. A text that is too long by itself is left out."""
    try:
        people, copies, hidden = (
            ",".join(quote(one.email, safe="@") for one in recipients(each)) for each in (to, cc, bcc)
        )
    except WrongRecipient:
        return ""
    body = text.replace("\r\n", "\n").replace("\n", "\r\n")
    written = {"cc": copies, "bcc": hidden, "subject": quote(subject, safe=""), "body": quote(body, safe="")}
    asked = [f"{name}={value}" for name, value in written.items() if value]
    link = f"mailto:{people}" + ("?" + "&".join(asked) if asked else "")
    return link if len(link) <= LONGEST_LINK else ""


def eml(to: str, cc: str, bcc: str, subject: str, text: str, files: Sequence[tuple[str, str, bytes]]) -> bytes:
    """A draft as Outlook opens it; what cannot be an address is left for its author to put right."""
    message = EmailMessage(policy=POLICY)
    message["X-Unsent"] = "1"
    for header, typed in (("To", to), ("Cc", cc), ("Bcc", bcc)):
        try:
            people = ", ".join(one.email for one in recipients(typed))
        except WrongRecipient:
            continue
        if people:
            message[header] = people
    message["Subject"] = " ".join(subject.split())
    message.set_content(text)
    for name, mime, content in files:
        main, _slash, kind = mime.partition("/")
        message.add_attachment(content, maintype=main, subtype=kind or "octet-stream", filename=name)
    return message.as_bytes()
