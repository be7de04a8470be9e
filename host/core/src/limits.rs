//! Every limit of the product, with Temporal's defaults where Temporal has the limit. Those of a run
//! can be set, see [`RunLimits`]; the others are part of the contract with clients and guests, or of
//! how a host is built.

mod run;

use crate::time::{Delay, Timestamp};

pub use run::{NoSuchLimit, RunLimit, RunLimits};

/// Ids and names: workflow id, workflow type, task queue, signal name. Bytes.
pub const ID_BYTES_MAX: usize = 1000;
/// One payload field of a request: arguments, a result, a signal's input. Bytes.
pub const BLOB_BYTES_MAX: usize = 2 << 20;
/// Payloads of more bytes are kept beside the history, unless the namespace has another limit.
pub const DETACH_ABOVE: usize = 64 << 10;
/// All of a run's memo. Bytes.
pub const MEMO_BYTES_MAX: usize = 2 << 20;
/// Links of one request: how many, and the bytes of one.
pub const LINKS_MAX: usize = 10;
pub const LINK_BYTES_MAX: usize = 4000;
/// Search attributes of one run.
pub const SEARCH_ATTRIBUTES_MAX: usize = 100;
/// One search attribute's value, and all of a run's with their names. Bytes.
pub const SEARCH_ATTRIBUTE_BYTES_MAX: usize = 2 << 10;
pub const SEARCH_ATTRIBUTES_BYTES_MAX: usize = 40 << 10;
/// Registered search attributes of one namespace.
pub const SEARCH_ATTRIBUTE_NAMES_MAX: usize = 1000;
/// Weights of fairness keys that a request sets and unsets, and that a queue has.
pub const FAIRNESS_WEIGHTS_MAX: usize = 1000;
/// A priority's fairness key. Bytes.
pub const FAIRNESS_KEY_BYTES_MAX: usize = 64;
/// A gRPC message. Bytes.
pub const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// A failed attempt's failure, kept for the next one and for describe; more is cut. Bytes.
pub const KEPT_FAILURE_BYTES_MAX: usize = 4 << 10;
/// A step waits so long for the local activities that it began, so that their outcomes are in its
/// commit; what takes longer comes in a step of its own.
pub const LOCAL_IN_STEP: Delay = Delay(200);
/// Between the attempts at a local activity. What is to wait longer waits with a durable timer.
pub const LOCAL_BACKOFF_MAX: Delay = Delay::from_secs(60);
/// Local activities that one host works on at a time; more wait.
pub const LOCAL_AT_ONCE_MAX: usize = 64;
/// So long after a run began local activities it is looked after, should its host have died.
pub const LOCAL_WATCH: Delay = Delay::from_secs(10);
/// So often a run skips time, unless it is asked for otherwise.
pub const SKIPS_PER_SESSION: u32 = 200;
/// No run skips to a later time, the year 9000: from there on dates have no room to go on.
pub const SKIP_UNTIL_MAX: Timestamp = Timestamp(221_845_392_000_000);
/// Request ids of signals that the next run of a chain is told of, newest first: how many, and
/// their bytes. One that is sent again is known by it.
pub const CARRIED_REQUESTS_MAX: usize = 1000;
pub const CARRIED_REQUESTS_BYTES_MAX: usize = 32 << 10;
/// Requests of starts that found a run and are written into its history; later ones find it without a word.
pub const ATTACHED_REQUESTS_MAX: usize = 1000;
/// Commands of one workflow task.
pub const COMMANDS_PER_TASK_MAX: usize = 10_000;
/// Signals that are handed to a guest with its start, in one turn. More follow one by one.
pub const SIGNALS_WITH_START_MAX: usize = 1000;
/// Arrivals that one step takes from a mailbox; the rest waits for the next step.
pub const ARRIVALS_PER_STEP_MAX: usize = 256;
/// Arrivals that wait in one mailbox; one more is refused as exhausted.
pub const MAILBOX_MAX: usize = 4096;
/// Events of one page of a history.
pub const HISTORY_PAGE_EVENTS_MAX: usize = 1000;
/// Runs of one page of a list.
pub const LIST_PAGE_MAX: usize = 1000;
/// Ways in which runs diverge that one replay check tells; the others are counted.
pub const FINDINGS_MAX: usize = 100;
/// Runs that one of them names; the others are counted.
pub const FINDING_RUNS_MAX: usize = 1000;
/// A component's bytes.
pub const COMPONENT_BYTES_MAX: usize = 64 << 20;
/// What compiling a component may take, unless the host is started with other limits: computing, all cores
/// together, and memory. CPython's 20 MB take 9 seconds and 400 MiB.
pub const COMPILE_TIME: Delay = Delay::from_secs(60);
pub const COMPILE_BYTES: usize = 2 << 30;
/// A schedule's id: what Temporal's prefix leaves of an id. Bytes.
pub const SCHEDULE_ID_BYTES_MAX: usize = 977;
/// Starts of one schedule that wait for their turn; one more is dropped, and counted.
pub const SCHEDULE_BUFFER_MAX: usize = 1000;
/// Backfills of one schedule that are not done; one more is refused.
pub const SCHEDULE_BACKFILLS_MAX: usize = 100;
/// Times of a backfill that are taken at once.
pub const SCHEDULE_BACKFILL_TIMES_PER_STEP_MAX: usize = 10;
/// Times that one answer to "when would it fire" has.
pub const SCHEDULE_MATCHING_TIMES_MAX: usize = 1000;
/// Workflows that all schedules of a namespace start in one second; the others wait for the next.
pub const SCHEDULE_STARTS_PER_SECOND_MAX: u32 = 30;
/// Recent actions and future times that a schedule shows; in a list, the half.
pub const SCHEDULE_SHOWN_MAX: usize = 10;

/// Workflows that a batch names one by one.
pub const BATCH_TARGETS_MAX: usize = 1000;
/// Batches of one namespace that are not done; one more is refused.
pub const BATCHES_RUNNING_MAX: usize = 10;
/// Workers whose heartbeats are kept; those not heard of for longest make room.
pub const WORKERS_KEPT_MAX: usize = 10_000;
/// Pollers of one queue that are remembered; those not heard of for longest make room.
pub const POLLERS_KEPT_MAX: usize = 1000;

/// How long a worker, or a poller, is shown after it was last heard of.
pub const WORKER_KEPT: Delay = Delay::from_secs(300);
/// How long closed runs are kept if nobody says otherwise.
pub const RETENTION: Delay = Delay::from_secs(3 * 86_400);
/// A workflow task's default time limit, and the most that can be asked for.
pub const TASK_TIMEOUT: Delay = Delay::from_secs(10);
pub const TASK_TIMEOUT_MAX: Delay = Delay::from_secs(120);
/// The wait before a failed workflow task is tried again: first, and at most.
pub const TASK_RETRY_FIRST: Delay = Delay::from_secs(1);
pub const TASK_RETRY_MAX: Delay = Delay::from_secs(600);
/// How long a request for a history that has nothing new yet is held.
pub const HISTORY_LONG_POLL: Delay = Delay::from_secs(20);
/// How long a request for an update's outcome is held.
pub const UPDATE_LONG_POLL: Delay = Delay::from_secs(20);
/// How long a request for an activity task is held.
pub const TASK_LONG_POLL: Delay = Delay::from_secs(60);
/// How late a schedule's action may be by default, and the least that can be asked for.
pub const CATCHUP_WINDOW: Delay = Delay::from_secs(365 * 86_400);
pub const CATCHUP_WINDOW_MIN: Delay = Delay::from_secs(10);
/// How long a schedule that has no more times is kept.
pub const SCHEDULE_KEPT: Delay = Delay::from_secs(7 * 86_400);

const _: () = assert!(COMMANDS_PER_TASK_MAX as u64 * 4 <= RunLimits::DEFAULT.history_events);
const _: () = assert!(BLOB_BYTES_MAX < MESSAGE_BYTES_MAX);
const _: () = assert!(ARRIVALS_PER_STEP_MAX <= MAILBOX_MAX);

/// Components of a chain whose first tasks it remembers, the newest ones. As in Temporal.
pub const RESET_POINTS_MAX: usize = 20;
