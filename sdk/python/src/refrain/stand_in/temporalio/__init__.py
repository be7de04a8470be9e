"""In a component, Temporal's package is this one: files of workflows are built as they stand."""
