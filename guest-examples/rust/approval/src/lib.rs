//! A request that somebody has to decide within a week.

use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(Approval);

/// The first one counts.
#[derive(Deserialize)]
struct Decision {
    approved: bool,
    by: String,
    comment: Option<String>,
}

#[activities]
trait Office {
    #[activity(name = "askForApproval")]
    async fn ask_for_approval(request: &str) -> Result;
    #[activity(name = "carryOut")]
    async fn carry_out(request: &str, by: &str) -> Result<String>;
    #[activity(name = "tellRejection")]
    async fn tell_rejection(request: &str, by: &str, comment: &str) -> Result<String>;
    async fn escalate(request: &str) -> Result<String>;
}

struct Approval {
    request: String,
    status: &'static str,
}

/// Waits for a decision, and does what follows from it.
#[workflow(name = "approval", signals("decide"))]
impl Approval {
    #[init]
    fn new(request: String) -> Self {
        Approval { request, status: "pending" }
    }

    /// What became of the request.
    #[run]
    async fn run(state: Shared<Self>) -> Result<String> {
        let office = OfficeStub::new(remote().start_to_close(seconds(10)).attempts(5));
        let request = state.borrow().request.clone();

        office.ask_for_approval(&request).await?;
        let decision = signal::<Decision>("decide").receive();
        let Some(decision) = timeout(days(7), decision).await? else {
            state.update(|it| it.status = "timedOut");
            return office.escalate(&request).await;
        };
        let Decision { approved, by, comment } = decision?;
        state.update(|it| it.status = if approved { "approved" } else { "rejected" });
        if approved {
            office.carry_out(&request, &by).await
        } else {
            let comment = comment.as_deref().unwrap_or("no reason given");
            office.tell_rejection(&request, &by, comment).await
        }
    }

    /// What has become of the request.
    #[query]
    fn status(&self) -> &str {
        self.status
    }
}
