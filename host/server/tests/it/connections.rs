//! Connections grow old.

use super::*;
use crate::guests::NO_ROOM;
use refrain_server::{Connections, Listeners};
use refrain_wire::admin::CheckReplayRequest;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::{TcpListener, TcpStream};

const LONG: Duration = Duration::from_secs(60);

/// A second port of a host, for connections of such an age.
async fn listen(host: &Host, age_max: Duration, age_grace: Duration) -> SocketAddr {
    let grpc = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = grpc.local_addr().expect("an address");
    let listeners = Listeners { grpc, http: Vec::new() };
    let connections = Connections { tls: None, age_max, age_grace };
    let (engine, never) = (host.engine.clone(), std::future::pending());
    tokio::spawn(refrain_server::serve(listeners, connections, engine, never));
    address
}

/// Passes connections on, and counts them.
async fn counted(to: SocketAddr) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            let mut server = TcpStream::connect(to).await.expect("it listens");
            tokio::spawn(async move {
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (address, count)
}

async fn wait_for_end(channel: Channel) -> Result<GetWorkflowExecutionHistoryResponse, Status> {
    let request = GetWorkflowExecutionHistoryRequest {
        namespace: "default".to_owned(),
        execution: execution("w1", ""),
        wait_new_event: true,
        history_event_filter_type: HistoryEventFilterType::CloseEvent as i32,
        ..Default::default()
    };
    call(channel, "GetWorkflowExecutionHistory", request).await
}

async fn call<Q: Message + 'static, R: Message + Default + 'static>(
    channel: Channel,
    method: &str,
    request: Q,
) -> Result<R, Status> {
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.map_err(|error| Status::from_error(error.into()))?;
    let path = PathAndQuery::from_maybe_shared(format!("/{SERVICE}/{method}")).expect("a path");
    let codec = tonic_prost::ProstCodec::<Q, R>::default();
    Ok(client.unary(Request::new(request), path, codec).await?.into_inner())
}

#[tokio::test]
async fn an_old_connection_takes_no_more_calls_and_those_under_way_go_on() {
    let host = Host::start().await;
    host.start_workflow("w1", "Wait").await.expect("it starts");
    let address = listen(&host, Duration::from_millis(500), LONG).await;
    let (address, count) = counted(address).await;
    let channel =
        Endpoint::from_shared(format!("http://{address}")).expect("an address").connect_lazy();

    // Held from the first connection on.
    let waiting = tokio::spawn(wait_for_end(channel.clone()));
    let began = Instant::now();
    while count.load(Ordering::SeqCst) < 2 {
        assert!(began.elapsed() < LONG / 2, "the client is asked to connect anew");
        let request =
            DescribeNamespaceRequest { namespace: "default".to_owned(), ..Default::default() };
        let told: Result<DescribeNamespaceResponse, Status> =
            call(channel.clone(), "DescribeNamespace", request).await;
        // One that was about to go out on the old connection is not sent.
        assert!(told.as_ref().err().is_none_or(|it| it.code() == Code::Cancelled), "{told:?}");
    }
    host.signal("w1", "finish").await.expect("it is open");
    let ended = waiting.await.expect("no panic").expect("the call goes on");
    assert_eq!(ended.history.expect("always filled").events.len(), 1);
}

#[tokio::test]
async fn a_call_that_outlasts_the_grace_of_its_connection_is_cut_off() {
    let host = Host::start().await;
    host.start_workflow("w1", "Wait").await.expect("it starts");
    let soon = Duration::from_millis(100);
    let address = listen(&host, soon, soon).await;
    let channel =
        Endpoint::from_shared(format!("http://{address}")).expect("an address").connect_lazy();
    let cut = wait_for_end(channel).await.expect_err("the connection ends");
    assert!(std::error::Error::source(&cut).is_some(), "no answer of the server: {cut:?}");
}

/// There is a report every 200 ms, so many of them come from an old connection.
const REPORTS: usize = 12;

#[tokio::test]
async fn reports_of_a_check_come_for_as_long_as_it_takes_whatever_their_connections_age() {
    let host = Host::start().await;
    host.start_workflow("w1", "Wait").await.expect("it starts");
    let component = host.upload_again(NO_ROOM).await;
    let second = Duration::from_secs(1);
    let address = listen(&host, second, second).await;
    let channel =
        Endpoint::from_shared(format!("http://{address}")).expect("an address").connect_lazy();
    let mut admin = RefrainServiceClient::new(channel);
    let request = CheckReplayRequest {
        namespace: "default".to_owned(),
        task_queue: "orders".to_owned(),
        component,
        ..Default::default()
    };
    let began = Instant::now();
    let mut reports = loop {
        // A machine that is slow may take longer than the connection has before it is held.
        match admin.check_replay(request.clone()).await {
            Ok(reports) => break reports.into_inner(),
            Err(error) => assert!(began.elapsed() < LONG, "{error:?}"),
        }
    };
    for _ in 0..REPORTS {
        let report = reports.message().await.expect("it is not cut off").expect("nor at its end");
        assert_eq!((report.open_runs, report.checked, report.done), (1, 0, false));
    }
}
