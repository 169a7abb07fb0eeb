"""The few jobs that run over millions of rows. Each has two forms, a plain one and a compiled one, that agree."""
