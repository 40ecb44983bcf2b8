"""The public site: what Kayun is and what it costs."""
