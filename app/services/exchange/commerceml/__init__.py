"""CommerceML 2, the exchange with 1C: files in and out, and the site's side of its protocol over HTTP."""
