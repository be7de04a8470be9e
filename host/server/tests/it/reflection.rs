//! What the server says of its own services.

use crate::{Host, SERVICE};
use expect_test::expect;
use prost::Message;
use std::fmt::Write as _;
use tonic::Request;
use tonic::codec::CompressionEncoding;

/// The same questions in each of the protocol's two versions, which are alike but for their types.
macro_rules! asked {
    ($version:ident, $channel:expr) => {{
        use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
        use tonic_reflection::pb::$version::server_reflection_request::MessageRequest as Asked;
        use tonic_reflection::pb::$version::server_reflection_response::MessageResponse as Told;
        let symbol = |it: &str| Asked::FileContainingSymbol(it.to_owned());
        let questions = [
            Asked::ListServices(String::new()),
            symbol(&format!("{SERVICE}.StartWorkflowExecution")),
            symbol("refrain.v1.DeployRequest"),
            symbol("grpc.reflection.v1.ServerReflection"),
            symbol("grpc.health.v1.Health"),
            Asked::FileByFilename("google/protobuf/timestamp.proto".to_owned()),
            symbol("nope.Nope"),
        ];
        let questions = questions.map(|message_request| {
            tonic_reflection::pb::$version::ServerReflectionRequest {
                host: String::new(),
                message_request: Some(message_request),
            }
        });
        let mut client = ServerReflectionClient::new($channel)
            .send_compressed(CompressionEncoding::Gzip)
            .accept_compressed(CompressionEncoding::Gzip);
        let asked = client.server_reflection_info(Request::new(tokio_stream::iter(questions)));
        let mut answers = asked.await.expect("it is served").into_inner();
        let mut said = String::new();
        loop {
            let told = match answers.message().await {
                Ok(Some(answer)) => answer.message_response.expect("always filled"),
                Ok(None) => break,
                Err(refused) => {
                    writeln!(said, "{:?} {}", refused.code(), refused.message()).expect("a text");
                    break;
                }
            };
            match told {
                Told::ListServicesResponse(list) => {
                    for service in list.service {
                        writeln!(said, "{}", service.name).expect("a text");
                    }
                }
                Told::FileDescriptorResponse(files) => {
                    for file in files.file_descriptor_proto {
                        let file = prost_types::FileDescriptorProto::decode(&*file).expect("one");
                        writeln!(said, "in {}", file.name()).expect("a text");
                    }
                }
                other => writeln!(said, "{other:?}").expect("a text"),
            }
        }
        said
    }};
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_without_files_learns_of_every_service_and_message() {
    let host = Host::start().await;
    let said = asked!(v1, host.channel.clone());
    expect![[r#"
        grpc.health.v1.Health
        grpc.reflection.v1.ServerReflection
        grpc.reflection.v1alpha.ServerReflection
        refrain.v1.RefrainService
        temporal.api.operatorservice.v1.OperatorService
        temporal.api.workflowservice.v1.WorkflowService
        in temporal/api/workflowservice/v1/service.proto
        in refrain/v1/admin.proto
        in reflection_v1.proto
        in health/v1/health.proto
        in google/protobuf/timestamp.proto
        NotFound symbol 'nope.Nope' not found
    "#]]
    .assert_eq(&said);
    assert_eq!(asked!(v1alpha, host.channel.clone()), said);
    host.stop().await;
}
