"""The guidance as data: dated, cited YAML that a compliance officer can read. No code lives here."""
