"""Servers of those who keep most mailboxes: known by the address alone."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.words import WireSecurity

TLS, START = WireSecurity.TLS, WireSecurity.START


@dataclass(frozen=True)
class Provider:
    """Where letters of a mailbox go out and come in; `own_password`: programs need one that is not the account's."""

    name: str
    smtp: tuple[str, int, WireSecurity]
    imap: tuple[str, int, WireSecurity]
    own_password: bool = True


YANDEX = Provider("Yandex", ("smtp.yandex.ru", 465, TLS), ("imap.yandex.ru", 993, TLS))
MAIL_RU = Provider("Mail.ru", ("smtp.mail.ru", 465, TLS), ("imap.mail.ru", 993, TLS))
GMAIL = Provider("Gmail", ("smtp.gmail.com", 465, TLS), ("imap.gmail.com", 993, TLS))
OUTLOOK = Provider("Outlook", ("smtp-mail.outlook.com", 587, START), ("outlook.office365.com", 993, TLS))
RAMBLER = Provider("Rambler", ("smtp.rambler.ru", 465, TLS), ("imap.rambler.ru", 993, TLS), own_password=False)

BY_DOMAIN = {
    **dict.fromkeys(("yandex.ru", "ya.ru", "yandex.com", "yandex.by", "yandex.kz", "narod.ru"), YANDEX),
    **dict.fromkeys(("mail.ru", "bk.ru", "inbox.ru", "list.ru", "internet.ru", "xmail.ru"), MAIL_RU),
    **dict.fromkeys(("gmail.com", "googlemail.com"), GMAIL),
    **dict.fromkeys(("outlook.com", "hotmail.com", "live.com", "msn.com"), OUTLOOK),
    **dict.fromkeys(("rambler.ru", "lenta.ru", "autorambler.ru", "myrambler.ru", "ro.ru"), RAMBLER),
}


def provider_of(address: str) -> Provider | None:
    return BY_DOMAIN.get(address.rpartition("@")[2].strip().lower())
