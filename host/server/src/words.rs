//! The words that clients look for in a refusal.
//!
//! A client learns what a server can't do from UNIMPLEMENTED *and* its text: Go wants to read
//! `unknown method` there, core `unknown service|unknown method`; with tonic's empty text they
//! refuse to connect at all. And that a message is too large, and will be the next time, they know by its
//! text only. So a layer around all services puts Go's words in.

use crate::reflection;
use http::{HeaderMap, HeaderValue, Request, Response};
use refrain_core::limits::MESSAGE_BYTES_MAX;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::{Layer, Service};

#[derive(Clone, Copy, Debug)]
pub(crate) struct WordsLayer {
    /// The test service is served too.
    pub moves_time: bool,
}

impl<S> Layer<S> for WordsLayer {
    type Service = Words<S>;

    fn layer(&self, inner: S) -> Words<S> {
        Words { inner, moves_time: self.moves_time }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Words<S> {
    inner: S,
    moves_time: bool,
}

impl<S, B, R> Service<Request<B>> for Words<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let path = request.uri().path().to_owned();
        // Who uses what: for the list that the end-to-end tests keep.
        let client = request.headers().get("client-name").and_then(|it| it.to_str().ok());
        tracing::debug!(method = path, client, "called");
        let moves_time = self.moves_time;
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            reword(&path, moves_time, response.headers_mut());
            Ok(response)
        })
    }
}

const STATUS: &str = "grpc-status";
const MESSAGE: &str = "grpc-message";
const OUT_OF_RANGE: &str = "11";
const RESOURCE_EXHAUSTED: &str = "8";
const UNIMPLEMENTED: &str = "12";

fn reword(path: &str, moves_time: bool, headers: &mut HeaderMap) {
    let Some(status) = headers.get(STATUS).and_then(|it| it.to_str().ok()) else { return };
    let text = headers.get(MESSAGE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    match status {
        UNIMPLEMENTED if text.is_empty() || text.starts_with("Not%20yet%20implemented") => {
            if let Ok(words) = HeaderValue::from_str(&unknown(path, moves_time)) {
                headers.insert(MESSAGE, words);
            }
        }
        OUT_OF_RANGE | RESOURCE_EXHAUSTED => {
            if let Some(Ok(words)) = too_large(text).map(|it| HeaderValue::from_str(&it)) {
                headers.insert(STATUS, HeaderValue::from_static(RESOURCE_EXHAUSTED));
                headers.insert(MESSAGE, words);
            }
        }
        _ => {}
    }
}

/// How tonic says that a message is over the limit: by the length that it has, or once so much of it is unpacked.
const TOO_LONG: &str = "Error,%20decoded%20message%20length%20too%20large:%20found%20";
const TOO_LONG_UNPACKED: &str = "Error%20decompressing:%20size%20limit";

/// `None` if `text` is about something else.
fn too_large(text: &str) -> Option<String> {
    if text.starts_with(TOO_LONG_UNPACKED) {
        let words = "grpc:%20received%20message%20after%20decompression%20larger%20than%20max";
        return Some(format!("{words}%20{MESSAGE_BYTES_MAX}"));
    }
    let found = text.strip_prefix(TOO_LONG)?.split('%').next()?;
    let words = "grpc:%20received%20message%20larger%20than%20max";
    Some(format!("{words}%20({found}%20vs.%20{MESSAGE_BYTES_MAX})"))
}

/// Percent-encoded, as `grpc-message` must be.
fn unknown(path: &str, moves_time: bool) -> String {
    let path: String = path
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_' | '-'))
        .take(300)
        .collect();
    match path.trim_start_matches('/').rsplit_once('/') {
        None => format!("malformed%20method%20name:%20%22{path}%22"),
        Some((service, method)) if reflection::serves(service, moves_time) => {
            format!("unknown%20method%20{method}%20for%20service%20{service}")
        }
        Some((service, _)) => format!("unknown%20service%20{service}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reworded(path: &str, status: &'static str, message: &'static str) -> (String, String) {
        let mut headers = HeaderMap::new();
        headers.insert(STATUS, HeaderValue::from_static(status));
        headers.insert(MESSAGE, HeaderValue::from_static(message));
        reword(path, false, &mut headers);
        let text = |name| headers[name].to_str().expect("ascii").to_owned();
        (text(STATUS), text(MESSAGE))
    }

    #[test]
    fn an_empty_refusal_gets_the_words_and_others_keep_theirs() {
        let path = "/temporal.api.workflowservice.v1.WorkflowService/ResetWorkflowExecution";
        let words = "unknown%20method%20ResetWorkflowExecution%20for%20service%20temporal.api.workflowservice.v1.WorkflowService";
        assert_eq!(reworded(path, "12", "").1, words);
        assert_eq!(reworded(path, "12", "Not%20yet%20implemented").1, words);
        assert_eq!(reworded(path, "12", "no%20cron").1, "no%20cron");
        assert_eq!(reworded(path, "5", "").1, "");
        assert_eq!(reworded("x%\u{7f}", "12", "").1, "malformed%20method%20name:%20%22x%22");
    }

    /// What tonic says is seen by `it/main.rs`.
    #[test]
    fn only_a_message_over_the_limit_gets_the_words_for_it() {
        assert_eq!(reworded("/s/m", "11", "other"), ("11".to_owned(), "other".to_owned()));
        assert_eq!(reworded("/s/m", "8", "other"), ("8".to_owned(), "other".to_owned()));
    }
}
