"""Partner Center and the login that gives its tokens: formats of Microsoft's documentation, recorded nowhere."""
