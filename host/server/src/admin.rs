//! Our own service: components, deployments, published state.

use crate::aged::Holds;
use crate::definition::handlers;
use crate::status::{invalid, of};
use crate::{validate, versions};
use futures::{Stream, StreamExt};
use refrain_core::deployment::Change;
use refrain_core::ids::NamespaceId;
use refrain_core::limits::COMPONENT_BYTES_MAX;
use refrain_core::time::Timestamp;
use refrain_engine::api::{
    CheckRequest, ComponentKind, ComponentMeta, ComponentState, Queue, VersionState,
};
use refrain_engine::{Engine, EngineError};
use refrain_wire::admin::refrain_service_server::RefrainService;
use refrain_wire::admin::{
    ChangeDeploymentResponse, CheckComponentRequest, CheckComponentResponse, CheckReplayRequest,
    Component, ComponentHeader, ComponentKind as PbKind, Definition, DeployRequest, DeployResponse,
    Deployment as PbDeployment, DescribeComponentRequest, DescribeComponentResponse,
    DescribeStateRequest, DescribeStateResponse, ListComponentsRequest, ListComponentsResponse,
    ListDeploymentsRequest, ListDeploymentsResponse, MoveRunsRequest, RampRequest, RollbackRequest,
    StateValue, UploadComponentRequest, UploadComponentResponse, check_component_request,
    upload_component_request,
};
use refrain_wire::api::common::v1::WorkflowExecution;
use serde_json::Value;
use tonic::{Request, Response, Status, Streaming};

#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) engine: Engine,
}

enum Part {
    Header(ComponentHeader),
    Chunk(Vec<u8>),
}

/// The header and the bytes that follow it. The limit is checked while they come in: a stream has
/// no end that a client could not put off.
async fn receive<S>(mut parts: S) -> Result<(ComponentHeader, Vec<u8>), Status>
where
    S: Stream<Item = Result<Option<Part>, Status>> + Unpin,
{
    let header = match parts.next().await.transpose()?.flatten() {
        Some(Part::Header(header)) => header,
        Some(Part::Chunk(_)) | None => {
            return Err(invalid("the first message is not a header, expected one"));
        }
    };
    let mut bytes = Vec::new();
    while let Some(part) = parts.next().await.transpose()? {
        match part {
            Some(Part::Chunk(chunk)) if bytes.len() + chunk.len() > COMPONENT_BYTES_MAX => {
                return Err(invalid(format!(
                    "component has more than {COMPONENT_BYTES_MAX} bytes, expected at most that"
                )));
            }
            Some(Part::Chunk(chunk)) => bytes.extend_from_slice(&chunk),
            Some(Part::Header(_)) => return Err(invalid("a second header found, expected chunks")),
            None => {}
        }
    }
    Ok((header, bytes))
}

pub(crate) fn kind_to_proto(kind: ComponentKind) -> i32 {
    match kind {
        ComponentKind::Workflow => PbKind::Workflow as i32,
        ComponentKind::Activities => PbKind::Activity as i32,
    }
}

/// Absent: whatever the component is.
fn check_kind(asked: i32, found: ComponentKind) -> Result<(), Status> {
    if asked == PbKind::Unspecified as i32 || asked == kind_to_proto(found) {
        return Ok(());
    }
    Err(invalid(format!("component is of kind `{found}`, expected the kind asked for")))
}

fn types_of(kind: ComponentKind, types: Vec<String>) -> (Vec<String>, Vec<String>) {
    match kind {
        ComponentKind::Workflow => (types, Vec::new()),
        ComponentKind::Activities => (Vec::new(), types),
    }
}

pub(crate) fn time(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: (at.0 / 1000) as i64,
        nanos: ((at.0 % 1000) * 1_000_000) as i32,
    }
}

fn component(meta: &ComponentMeta) -> Component {
    let definition: Value = serde_json::from_str(&meta.definition).unwrap_or_default();
    Component {
        digest: meta.digest.to_string(),
        name: meta.name.clone(),
        kind: kind_to_proto(meta.kind),
        size_bytes: meta.size,
        upload_time: Some(time(meta.created_at)),
        workflow_types: names(&definition, "workflow_types"),
        activity_types: names(&definition, "activity_types"),
        kept_for: Vec::new(),
    }
}

fn names(definition: &Value, key: &str) -> Vec<String> {
    handlers(definition, key).into_iter().map(|it| it.name).collect()
}

fn kind_of(number: i32) -> ComponentKind {
    match PbKind::try_from(number) {
        Ok(PbKind::Activity) => ComponentKind::Activities,
        Ok(PbKind::Workflow | PbKind::Unspecified) | Err(_) => ComponentKind::Workflow,
    }
}

/// So many digits of a digest tell it from all others that one person has.
const DIGEST_PREFIX_MIN: usize = 12;

/// `None`: it is not the beginning of a digest.
fn digest_prefix(named: &str) -> Option<String> {
    let hex = named.strip_prefix("sha256:").unwrap_or(named).to_ascii_lowercase();
    let is_prefix = (DIGEST_PREFIX_MIN..=64).contains(&hex.len());
    (is_prefix && hex.bytes().all(|it| it.is_ascii_hexdigit())).then_some(hex)
}

impl Admin {
    /// By digest or its beginning, or by name: then the newest of that name.
    async fn find(&self, namespace: NamespaceId, named: &str) -> Result<ComponentMeta, Status> {
        validate::name("component", named)?;
        let all = self.engine.components(namespace).await.map_err(of)?;
        let newest = all.iter().filter(|it| it.name == named).max_by_key(|it| it.created_at);
        if let Some(newest) = newest {
            return Ok(newest.clone());
        }
        let prefix = digest_prefix(named);
        let is_meant = |it: &&ComponentMeta| {
            prefix.as_ref().is_some_and(|prefix| it.digest.to_string().starts_with(prefix))
        };
        let mut meant = all.iter().filter(is_meant);
        match (meant.next(), meant.next()) {
            (Some(one), None) => Ok(one.clone()),
            (Some(one), Some(other)) => Err(invalid(format!(
                "component `{named}` may be sha256:{} or sha256:{}, expected more digits",
                one.digest, other.digest
            ))),
            (None, _) => Err(of(EngineError::ComponentNotFound(named.to_owned()))),
        }
    }

    async fn check_request(
        &self,
        namespace: &str,
        task_queue: String,
        named: &str,
        sample: u32,
    ) -> Result<CheckRequest, Status> {
        let namespace = validate::namespace(&self.engine, namespace)?.id;
        validate::name("task_queue", &task_queue)?;
        let component = self.find(namespace, named).await?.digest;
        let sample = Some(sample).filter(|it| *it > 0);
        Ok(CheckRequest { namespace, task_queue, component, sample })
    }

    /// All versions of a queue with their runs, newest first.
    async fn versions_of(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
    ) -> Result<Vec<PbDeployment>, Status> {
        let all = self.engine.versions(namespace).await.map_err(of)?;
        let of_queue =
            |it: &&VersionState| task_queue.is_empty() || it.row.task_queue == task_queue;
        Ok(all.iter().filter(of_queue).map(versions::to_proto).collect())
    }
}

#[tonic::async_trait]
impl RefrainService for Admin {
    async fn upload_component(
        &self,
        request: Request<Streaming<UploadComponentRequest>>,
    ) -> Result<Response<UploadComponentResponse>, Status> {
        use upload_component_request::Part as Sent;
        let parts = request.into_inner().map(|part| {
            Ok(part?.part.map(|part| match part {
                Sent::Header(header) => Part::Header(header),
                Sent::Chunk(chunk) => Part::Chunk(chunk),
            }))
        });
        let (header, bytes) = receive(parts).await?;
        let namespace = validate::namespace(&self.engine, &header.namespace)?;
        validate::name("name", &header.name)?;
        if header.kind != PbKind::Unspecified as i32 {
            let checked = self.engine.check_component(bytes.clone()).await.map_err(of)?;
            check_kind(header.kind, checked.kind)?;
        }
        let uploaded =
            self.engine.upload_component(namespace.id, &header.name, bytes).await.map_err(of)?;
        let checked = uploaded.component;
        let (workflow_types, activity_types) = types_of(checked.kind, checked.types);
        Ok(Response::new(UploadComponentResponse {
            digest: checked.digest.to_string(),
            kind: kind_to_proto(checked.kind),
            workflow_types,
            activity_types,
            already_there: uploaded.already_there,
        }))
    }

    async fn check_component(
        &self,
        request: Request<Streaming<CheckComponentRequest>>,
    ) -> Result<Response<CheckComponentResponse>, Status> {
        use check_component_request::Part as Sent;
        let parts = request.into_inner().map(|part| {
            Ok(part?.part.map(|part| match part {
                Sent::Header(header) => Part::Header(header),
                Sent::Chunk(chunk) => Part::Chunk(chunk),
            }))
        });
        let (_, bytes) = receive(parts).await?;
        let answer = match self.engine.check_component(bytes).await {
            Ok(checked) => {
                let (workflow_types, activity_types) = types_of(checked.kind, checked.types);
                CheckComponentResponse {
                    digest: checked.digest.to_string(),
                    kind: kind_to_proto(checked.kind),
                    workflow_types,
                    activity_types,
                    problems: Vec::new(),
                }
            }
            Err(EngineError::InvalidArgument(problem)) => {
                CheckComponentResponse { problems: vec![problem], ..Default::default() }
            }
            Err(error) => return Err(of(error)),
        };
        Ok(Response::new(answer))
    }

    async fn list_components(
        &self,
        request: Request<ListComponentsRequest>,
    ) -> Result<Response<ListComponentsResponse>, Status> {
        let namespace = validate::namespace(&self.engine, &request.get_ref().namespace)?;
        let all = self.engine.kept_components(namespace.id).await.map_err(of)?;
        let of_state = |it: &ComponentState| Component {
            kept_for: it.kept.iter().map(versions::reason).collect(),
            ..component(&it.meta)
        };
        let components = all.iter().map(of_state).collect();
        Ok(Response::new(ListComponentsResponse { components }))
    }

    async fn describe_component(
        &self,
        request: Request<DescribeComponentRequest>,
    ) -> Result<Response<DescribeComponentResponse>, Status> {
        let request = request.into_inner();
        let namespace = validate::namespace(&self.engine, &request.namespace)?;
        let meta = self.find(namespace.id, &request.component).await?;
        let definition: Value = serde_json::from_str(&meta.definition).unwrap_or_default();
        Ok(Response::new(DescribeComponentResponse {
            component: Some(component(&meta)),
            definition: Some(Definition {
                workflow_types: names(&definition, "workflow_types"),
                signals: handlers(&definition, "signals"),
                queries: handlers(&definition, "queries"),
                updates: handlers(&definition, "updates"),
            }),
            definition_json: meta.definition,
        }))
    }

    async fn deploy(
        &self,
        request: Request<DeployRequest>,
    ) -> Result<Response<DeployResponse>, Status> {
        let request = request.into_inner();
        let namespace = validate::namespace(&self.engine, &request.namespace)?;
        validate::name("task_queue", &request.task_queue)?;
        let meta = self.find(namespace.id, &request.component).await?;
        check_kind(request.kind, meta.kind)?;
        let before = self.engine.deployments(namespace.id);
        let previous =
            before.iter().find(|it| it.task_queue == request.task_queue && it.kind == meta.kind);
        let previous_digest = previous.map(|it| it.digest.to_string()).unwrap_or_default();
        let deployed =
            self.engine.deploy(namespace.id, &request.task_queue, meta.digest).await.map_err(of)?;
        let versions = self.versions_of(namespace.id, &request.task_queue).await?;
        let digest = deployed.digest.to_string();
        let deployment = versions.into_iter().find(|it| it.digest == digest);
        Ok(Response::new(DeployResponse { deployment, previous_digest }))
    }

    async fn list_deployments(
        &self,
        request: Request<ListDeploymentsRequest>,
    ) -> Result<Response<ListDeploymentsResponse>, Status> {
        let request = request.into_inner();
        let namespace = validate::namespace(&self.engine, &request.namespace)?;
        validate::short("task_queue", &request.task_queue)?;
        let deployments = self.versions_of(namespace.id, &request.task_queue).await?;
        Ok(Response::new(ListDeploymentsResponse { deployments }))
    }

    async fn ramp(
        &self,
        request: Request<RampRequest>,
    ) -> Result<Response<ChangeDeploymentResponse>, Status> {
        let request = request.into_inner();
        let namespace = validate::namespace(&self.engine, &request.namespace)?.id;
        validate::name("task_queue", &request.task_queue)?;
        let task_queue = request.task_queue.clone();
        let (kind, change, name) = match request.component.as_str() {
            "" => (ComponentKind::Workflow, Change::StopRamp, String::new()),
            named => {
                let share = versions::share(request.percentage)?;
                let meta = self.find(namespace, named).await?;
                (meta.kind, Change::Ramp(meta.digest, share), meta.name)
            }
        };
        let queue = Queue { namespace, task_queue, kind };
        self.engine.change_deployment(&queue, change, &name).await.map_err(of)?;
        let versions = self.versions_of(namespace, &request.task_queue).await?;
        Ok(Response::new(ChangeDeploymentResponse { versions }))
    }

    async fn rollback(
        &self,
        request: Request<RollbackRequest>,
    ) -> Result<Response<ChangeDeploymentResponse>, Status> {
        let request = request.into_inner();
        let namespace = validate::namespace(&self.engine, &request.namespace)?.id;
        validate::name("task_queue", &request.task_queue)?;
        let (task_queue, kind) = (request.task_queue.clone(), kind_of(request.kind));
        let queue = Queue { namespace, task_queue, kind };
        self.engine.change_deployment(&queue, Change::Rollback, "").await.map_err(of)?;
        let versions = self.versions_of(namespace, &request.task_queue).await?;
        Ok(Response::new(ChangeDeploymentResponse { versions }))
    }

    type CheckReplayStream = versions::Reports;

    async fn check_replay(
        &self,
        request: Request<CheckReplayRequest>,
    ) -> Result<Response<versions::Reports>, Status> {
        let held = request.extensions().get::<Holds>().map(Holds::hold);
        let CheckReplayRequest { namespace, task_queue, component, sample } = request.into_inner();
        let check = self.check_request(&namespace, task_queue, &component, sample).await?;
        let reports = self.engine.check_replay(check).await.map_err(of)?;
        Ok(Response::new(versions::stream(reports, held)))
    }

    type MoveRunsStream = versions::Reports;

    async fn move_runs(
        &self,
        request: Request<MoveRunsRequest>,
    ) -> Result<Response<versions::Reports>, Status> {
        let held = request.extensions().get::<Holds>().map(Holds::hold);
        let MoveRunsRequest { namespace, task_queue, component, .. } = request.into_inner();
        let check = self.check_request(&namespace, task_queue, &component, 0).await?;
        let reports = self.engine.move_runs(check).await.map_err(of)?;
        Ok(Response::new(versions::stream(reports, held)))
    }

    async fn describe_state(
        &self,
        request: Request<DescribeStateRequest>,
    ) -> Result<Response<DescribeStateResponse>, Status> {
        let DescribeStateRequest { namespace, workflow_id, run_id } = request.into_inner();
        let namespace = validate::namespace(&self.engine, &namespace)?;
        let execution = WorkflowExecution { workflow_id, run_id };
        let target = validate::target(&namespace, Some(execution))?;
        let (run, published) = self.engine.published(&target).await.map_err(of)?;
        Ok(Response::new(DescribeStateResponse {
            run_id: run.to_string(),
            state: published
                .into_iter()
                .map(|(name, value)| {
                    let metadata = value.metadata.into_iter().collect();
                    (name, StateValue { metadata, data: value.data })
                })
                .collect(),
        }))
    }
}
