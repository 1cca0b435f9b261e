"""People of address books, in and out: vCard and the contacts of Outlook."""
