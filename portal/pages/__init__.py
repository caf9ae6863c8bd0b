"""The provider's pages: HTML from the server, whole without JavaScript, quicker with it."""
