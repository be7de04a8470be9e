//! Temporal's HTTP API: the calls of gRPC as JSON, for `curl` and for pages.
//!
//! Nothing here knows a call. The paths come from Temporal's annotations (`http/routes.txt`), the
//! shapes from its descriptors (`refrain_wire::json`), and the answer from the same services as
//! gRPC's, which are called in memory. The web page of [`page`] is a client of it like any other.

mod caller;
mod page;
mod problem;
mod routes;

pub use caller::HttpHosts;

use crate::words::Words;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{RawPathParams, State};
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, get};
use problem::Problem;
use refrain_core::limits::MESSAGE_BYTES_MAX;
use refrain_wire::json::call::Payloads;
use refrain_wire::json::schema::{self, Route};
use refrain_wire::raw::RawCodec;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tonic::service::Routes;

/// Flags of a query string that are about the answer, not about the request.
const PRETTY: &str = "pretty";
const NO_SHORTHAND: &str = "noPayloadShorthand";
/// In `Accept`, as Temporal's SDK for pages asks.
const NO_SHORTHAND_TYPE: &str = "no-payload-shorthand";

#[derive(Clone)]
struct Endpoint {
    services: Words<Routes>,
    route: Arc<Route>,
}

/// `page`: the path that the web page lies under, if it is served too. The page finds the API beneath itself.
pub(crate) fn router(api: Router, hosts: HttpHosts, page: Option<&str>) -> Router {
    let mut router = api;
    if let Some(path) = page {
        if !path.is_empty() {
            router = router.clone().nest(path, router);
        }
        router = router.merge(page::router(path));
    }
    router
        .method_not_allowed_fallback(wrong_verb)
        .fallback(wrong_path)
        .layer(from_fn_with_state(hosts, guard))
}

/// Before anything else, whatever is asked for.
async fn guard(State(hosts): State<HttpHosts>, request: Request<Body>, next: Next) -> Response {
    let mut response = match hosts.check(request.method(), request.headers(), request.uri()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.response(Asked::of(request.headers(), request.uri()).pretty),
    };
    for (name, value) in page::PROTECTION {
        response.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    response
}

/// All that [`router`] serves beside the page.
pub(crate) fn api(services: Words<Routes>) -> Router {
    let routes = routes::all();
    let description = Bytes::from(schema::document(env!("CARGO_PKG_VERSION"), &routes).to_string());
    // The same path may have other names for what stands in it, one for each verb.
    let mut by_path: BTreeMap<String, MethodRouter> = BTreeMap::new();
    for route in routes {
        let Some(filter) = filter(&route.verb) else { continue };
        let path = routes::numbered(&route.path);
        let endpoint = Endpoint { services: services.clone(), route: Arc::new(route) };
        let methods = by_path.remove(&path).unwrap_or_default();
        by_path
            .insert(path, methods.merge(MethodRouter::new().on(filter, call).with_state(endpoint)));
    }
    let mut router = Router::new();
    for (path, methods) in by_path {
        router = router.route(&path, methods);
    }
    // The other two names are the real server's. JSON is YAML.
    for path in ["/openapi.json", "/openapi.yaml", "/swagger.json"] {
        let description = description.clone();
        router = router.route(path, get(async move || json(StatusCode::OK, description)));
    }
    router
}

fn filter(verb: &str) -> Option<MethodFilter> {
    let method = Method::from_bytes(verb.as_bytes()).ok()?;
    MethodFilter::try_from(method).ok()
}

async fn wrong_path(uri: Uri) -> Response {
    let text = format!("there is nothing at `{}`; `/openapi.json` says what there is", uri.path());
    Problem::new(StatusCode::NOT_FOUND, tonic::Code::NotFound, text).response(false)
}

async fn wrong_verb(method: Method, uri: Uri) -> Response {
    let text = format!("`{}` does not take {method}; `/openapi.json` says what does", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, tonic::Code::Unimplemented, text).response(false)
}

async fn call(
    State(endpoint): State<Endpoint>,
    in_path: RawPathParams,
    request: Request<Body>,
) -> Response {
    let asked = Asked::of(request.headers(), request.uri());
    match answer(&endpoint, &in_path, request, &asked).await {
        Ok(answer) => json(StatusCode::OK, text(&answer, asked.pretty)),
        Err(problem) => problem.response(asked.pretty),
    }
}

async fn answer(
    endpoint: &Endpoint,
    in_path: &RawPathParams,
    request: Request<Body>,
    asked: &Asked,
) -> Result<Value, Problem> {
    let Endpoint { services, route } = endpoint;
    let timeout = request.headers().get("grpc-timeout").cloned();
    let body = to_bytes(request.into_body(), MESSAGE_BYTES_MAX).await.map_err(Problem::of_body)?;
    let mut fields = Value::Null;
    if !body.is_empty() {
        fields = serde_json::from_slice(&body)
            .map_err(|error| Problem::invalid(format!("the body is not JSON: {error}")))?;
        if !fields.is_object() {
            return Err(Problem::invalid("the body is not a JSON object".to_owned()));
        }
    }
    for (name, value) in &asked.parameters {
        route.call.put_if_known(&mut fields, name, value).map_err(Problem::of_request)?;
    }
    for (name, (_, value)) in route.fields.iter().zip(in_path) {
        route.call.put(&mut fields, name, value).map_err(Problem::of_request)?;
    }
    if fields.is_null() {
        fields = Value::Object(serde_json::Map::new());
    }
    let message = route.call.request(fields).map_err(Problem::of_request)?;

    let mut request = tonic::Request::new(message);
    if let Some(timeout) = timeout.and_then(|it| it.to_str().ok()?.parse().ok()) {
        request.metadata_mut().insert("grpc-timeout", timeout);
    }
    let path =
        route.call.path().parse().map_err(|_| Problem::invalid("no such call".to_owned()))?;
    let mut client =
        tonic::client::Grpc::new(services.clone()).max_decoding_message_size(usize::MAX);
    client.ready().await.map_err(|never| match never {})?;
    let bytes = client.unary(request, path, RawCodec).await.map_err(Problem::of_status)?;
    route
        .call
        .answer(bytes.get_ref(), asked.payloads)
        .map_err(|error| Problem::of_status(tonic::Status::internal(error.to_string())))
}

/// What a request says of its answer, and the rest of its query string.
struct Asked {
    pretty: bool,
    payloads: Payloads,
    parameters: Vec<(String, String)>,
}

impl Asked {
    fn of(headers: &HeaderMap, uri: &Uri) -> Asked {
        let accepted = headers.get(header::ACCEPT).and_then(|it| it.to_str().ok());
        let accepts = |what| accepted.is_some_and(|it| it.contains(what));
        let (mut pretty, mut whole) = (accepts(PRETTY), accepts(NO_SHORTHAND_TYPE));
        let mut parameters = Vec::new();
        let query = uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                PRETTY => pretty = value != "false",
                NO_SHORTHAND => whole = value != "false",
                _ => parameters.push((name.into_owned(), value.into_owned())),
            }
        }
        let payloads = if whole { Payloads::Whole } else { Payloads::Short };
        Asked { pretty, payloads, parameters }
    }
}

fn text(value: &Value, pretty: bool) -> String {
    match pretty {
        true => format!("{value:#}\n"),
        false => value.to_string(),
    }
}

fn json(status: StatusCode, text: impl Into<Body>) -> Response {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let json = header::HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}
