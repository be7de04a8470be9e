//! What is played: for each scenario a workflow, and what it is sent.

use Message::{After, Answer, AnswerChild, Signal, Update};

pub(super) struct Play {
    pub(super) scenario: &'static str,
    /// Empty: whatever language has the scenario.
    languages: &'static [&'static str],
    /// Of Rust. Without them the messages answer.
    pub(super) activities: Option<&'static str>,
    pub(super) workflow_type: &'static str,
    pub(super) input: &'static [&'static str],
    pub(super) sent: &'static [Message],
    pub(super) compared: Compared,
}

/// One comes after the other, each when the program rests.
#[derive(Debug)]
pub(super) enum Message {
    /// So many of its activities are done.
    After(usize),
    Signal(&'static str, &'static [&'static str]),
    Update(&'static str, &'static [&'static str]),
    /// The result of its nth activity, counted from 1.
    Answer(usize, &'static str),
    /// That of its child's first one.
    AnswerChild(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    All,
    /// Without the workflow tasks: what comes at about the same time may come in one of them or in two.
    WithoutTasks,
}

impl Play {
    pub(super) fn is_in(&self, language: &str) -> bool {
        self.languages.is_empty() || self.languages.contains(&language)
    }

    const fn of(self, languages: &'static [&'static str]) -> Play {
        Play { languages, ..self }
    }

    const fn with(self, activities: &'static str) -> Play {
        Play { activities: Some(activities), ..self }
    }

    const fn without_tasks(self) -> Play {
        Play { compared: Compared::WithoutTasks, ..self }
    }
}

const fn play(
    scenario: &'static str,
    workflow_type: &'static str,
    input: &'static [&'static str],
    sent: &'static [Message],
) -> Play {
    let (languages, activities, compared) = (&[], None, Compared::All);
    Play { scenario, languages, activities, workflow_type, input, sent, compared }
}

const ORDER: &str = r#"{"orderId":"7","items":[{"sku":"pen","quantity":2}],"amount":4200}"#;
const NO_ORDER: &str =
    r#"{"orderId":"8","items":[{"sku":"unobtainium","quantity":1}],"amount":4200}"#;
const SEARCH: &str = r#"{"items":["cup","pan","pot"],"atOnce":2,"deadlineMs":86400000}"#;
const CONFIRMED: Message = Signal("confirmed", &[]);
const UPGRADE: &[Message] =
    &[Signal("approve", &[]), After(1), Signal("pack", &[]), After(2), Signal("ship", &[])];
const PAID: Message = Signal("paid", &[]);

pub(super) const PLAYS: [Play; 40] = [
    play("sandbox", "sandbox", &[], &[]),
    play("sandbox-std", "sandbox", &[], &[]),
    play("sandbox-wasip2", "sandbox", &[], &[]),
    play(
        "hello",
        "order",
        &[r#""7""#, "4200"],
        &[Answer(1, r#""p7""#), CONFIRMED, Answer(2, r#""t7""#)],
    )
    .of(&["c", "python", "rust", "typescript"]),
    play("hello", "hello", &[r#""Ada""#], &[Answer(1, r#""Hello, Ada""#)]).of(&["go"]),
    play("hello-cpp", "hello", &[r#""Ada""#], &[]),
    play("hello-zig", "hello", &[r#""Ada""#], &[]),
    play(
        "order-fulfillment",
        "orderFulfillment",
        &[ORDER],
        &[After(2), Signal("warehouseConfirmed", &[])],
    )
    .with("order-activities"),
    play("order-fulfillment", "orderFulfillment", &[NO_ORDER], &[]).with("order-activities"),
    play("travel-saga", "travel", &[r#""7""#], &[After(2), PAID]).with("travel-activities"),
    play("travel-saga-repaired", "travel", &[r#""7""#], &[After(2), PAID])
        .with("travel-activities"),
    play(
        "approval",
        "approval",
        &[r#""7""#],
        &[After(1), Signal("decide", &[r#"{"approved":true,"by":"Ann"}"#])],
    )
    .with("approval-activities"),
    play(
        "request-response",
        "desk",
        &[],
        &[Update("pay", &[r#""7""#, "4200"]), After(1), Signal("close", &[])],
    )
    .with("order-activities"),
    play("patched-upgrade-v1", "upgrade", &[r#""7""#], UPGRADE).with("order-activities"),
    play("patched-upgrade-v2", "upgrade", &[r#""7""#], UPGRADE).with("order-activities"),
    play("bench", "sequence", &["3"], &[]).with("bench-activities"),
    play("bench", "generations", &["2"], &[]),
    play("batch-notifications", "batchNotifications", &[r#"{"users":2,"atATime":1}"#], &[]),
    play("daily-report", "dailyReport", &[r#""sales""#, "600"], &[Signal("sendNow", &[])]),
    play(
        "entity",
        "account",
        &["[]", "10"],
        &[Signal("deposit", &["7"]), Signal("deposit", &["8"]), Signal("close", &[])],
    ),
    play(
        "parallel-map",
        "parallelMap",
        &[SEARCH],
        &[Answer(4, r#""20""#), Answer(5, r#""30""#), Answer(1, r#""5""#)],
    ),
    play("polling", "watchParcel", &[r#""p7""#], &[Answer(1, r#""p7 after 3""#)]),
    play("price-quote", "slowQuote", &[r#""kettle""#, "3"], &[])
        .with("price-quote-activities")
        .without_tasks(),
    play("search-attributes", "parcel", &["3", r#""7 Elm Street""#], &[Signal("shipped", &[])]),
    play("mirror", "timers", &[], &[]),
    play("mirror", "attributes", &[], &[]),
    play("mirror", "patches", &[], &[]),
    play("mirror", "marks", &[], &[Signal("add", &[r#""a""#]), Signal("add", &[r#""b""#])]),
    play("mirror", "callsCloseBy", &[r#""Ada""#], &[]).with("mirror-activities").without_tasks(),
    play("fine-print", "details", &[], &[Signal("done", &[])]),
    play("fine-print", "parts", &[r#""TRY_CANCEL""#], &[]).without_tasks(),
    play(
        "first-programs",
        "orderFulfillment",
        &[r#"{"orderId":"7","items":["pen"]}"#],
        &[Answer(1, r#""r7""#), Signal("paid", &[r#"{"by":"Ann"}"#]), Answer(2, r#""packed""#)],
    ),
    play("first-programs", "report", &[r#""Monday""#], &[]),
    play(
        "trace-context",
        "visit",
        &[],
        &[Answer(1, r#""a""#), AnswerChild(r#""b""#), Signal("ring", &[]), Answer(2, r#""c""#)],
    )
    .without_tasks(),
    play("temporal-names", "approval", &[], &[Signal("approve", &[r#""Ann""#])]),
    play("temporal-names", "everything", &[], &[]).without_tasks(),
    play(
        "no-sdk",
        "fulfillOrder",
        &[r#"{"orderId":"7","amount":4200,"items":[{"sku":"pen","quantity":2}]}"#],
        &[Answer(1, r#"{"chargeId":"c7","amount":4200}"#), Answer(2, "6")],
    ),
    play("toolbox", "counter", &["3"], &[Update("add", &["3"])]),
    play("toolbox", "everything", &["1"], &[]).without_tasks(),
    play("toolbox", "again", &["1"], &[]),
];
