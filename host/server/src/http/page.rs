//! The web page: the files of `host/ui` as they are. What it shows and does goes through the API beside it.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

/// Nothing is loaded from elsewhere, nothing shown is ever code, nobody puts us in a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Of all answers, be they the page's or the API's.
pub(super) const PROTECTION: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

struct File {
    path: &'static str,
    text: &'static str,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(File { path: concat!("/ui/", $name), text: include_str!(concat!("../../../ui/", $name)) }),*]
    };
}

const INDEX: &str = include_str!("../../../ui/index.html");
const FILES: &[File] = files![
    "style.css",
    "icon.svg",
    "app.js",
    "api.js",
    "dom.js",
    "format.js",
    "payload.js",
    "failure.js",
    "history.js",
    "timeline.js",
    "runs.js",
    "run.js",
    "actions.js",
    "schedules.js",
    "queues.js",
];

/// `under`: with a slash before it and none after it.
pub(super) fn router(under: &str) -> Router {
    let mut router =
        Router::new().route(&format!("{under}/"), get(async || file("/index.html", INDEX)));
    for File { path, text } in FILES {
        router = router.route(&format!("{under}{path}"), get(async || file(path, text)));
    }
    match under {
        "" => router,
        _ => router.route(under, get(slash)),
    }
}

/// The names in the page are relative to it.
async fn slash(uri: Uri) -> Redirect {
    Redirect::permanent(&format!("{}/", uri.path()))
}

fn file(path: &str, text: &'static str) -> Response {
    let kind = match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some(_) | None => "text/html; charset=utf-8",
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")];
    (headers, Body::from(text)).into_response()
}
