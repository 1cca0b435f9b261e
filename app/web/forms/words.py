"""What WTForms says by itself, of a wrong value or of a field without a label, in the reader's language."""

from __future__ import annotations

from functools import cache

from babel.support import NullTranslations, Translations
from flask import Flask, Request
from flask_babel import get_locale
from wtforms import Form
from wtforms.i18n import messages_path
from wtforms.meta import DefaultMeta


class RequestWithWords(Request):
    """Flask-WTF looks here for the words, and reads them from disk where it finds none."""

    @property
    def wtforms_translations(self) -> NullTranslations:
        return _words()


class PlainForm(Form):
    """A form without a table, and without the token that the frame of its page has."""

    class Meta(DefaultMeta):
        def get_translations(self, form: Form) -> NullTranslations:
            return _words()


def _words() -> NullTranslations:
    return _words_of(str(get_locale()))


@cache
def _words_of(language: str) -> NullTranslations:
    return Translations.load(messages_path(), [language], domain="wtforms")


def init_app(app: Flask) -> None:
    app.request_class = RequestWithWords
