//! Prints a machine's transitions, so that a change of behaviour shows as a changed cell.
