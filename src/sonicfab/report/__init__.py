"""Results as people and programs read them: tables, JSON, JUnit. Only this package and `cli` print."""
