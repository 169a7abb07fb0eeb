"""The workbench: one register for a team, as pages and an API over the engine. Thin by contract: a view loads, asks the
engine, and saves."""
