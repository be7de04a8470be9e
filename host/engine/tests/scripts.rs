//! Scripts against the engine and its store. `check` plays each again with guests that are
//! dropped, with hosts that are killed, and against core alone; all must leave the same text.

mod scripts {
    mod activities;
    mod attributes;
    mod cancel;
    mod chains;
    mod children;
    mod cron;
    mod delete;
    mod failures;
    mod locals;
    mod operated;
    mod options;
    mod pause;
    mod random;
    mod releases;
    mod reset;
    mod reset_again;
    mod signals;
    mod skipping;
    mod starts;
    mod timers;
    mod updates;
    mod versioning;
}
