//! The registry of search attributes, in Temporal's words.

use crate::status::{invalid, of};
use crate::validate;
use refrain_core::limits::ID_BYTES_MAX;
use refrain_core::search::{Kind, PREDEFINED, System, is_reserved};
use refrain_engine::Engine;
use refrain_engine::api::Namespace;
use refrain_wire::api::operatorservice::v1::{
    AddSearchAttributesRequest, AddSearchAttributesResponse, ListSearchAttributesRequest,
    ListSearchAttributesResponse, RemoveSearchAttributesRequest, RemoveSearchAttributesResponse,
};
use refrain_wire::api::workflowservice::v1::GetSearchAttributesResponse;
use refrain_wire::search::kind_to_proto;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tonic::Status;

fn namespace(engine: &Engine, name: &str) -> Result<Arc<Namespace>, Status> {
    if name.is_empty() {
        return Err(invalid("Namespace is not set on request."));
    }
    validate::namespace(engine, name)
}

/// The host's own, and those that tools give a meaning.
fn system() -> HashMap<String, i32> {
    let own = System::ALL.into_iter().map(|it| (it.name(), it.kind()));
    let all = own.chain(PREDEFINED);
    all.map(|(name, kind)| (name.to_owned(), kind_to_proto(kind) as i32)).collect()
}

pub(crate) fn list(
    engine: &Engine,
    request: ListSearchAttributesRequest,
) -> Result<ListSearchAttributesResponse, Status> {
    let namespace = namespace(engine, &request.namespace)?;
    let registered = engine.search_attributes(namespace.id);
    let custom = registered.registry.0.iter();
    Ok(ListSearchAttributesResponse {
        custom_attributes: custom
            .map(|(name, kind)| (name.clone(), kind_to_proto(*kind) as i32))
            .collect(),
        system_attributes: system(),
        ..Default::default()
    })
}

/// The call of old clients, which name no namespace.
pub(crate) fn get() -> GetSearchAttributesResponse {
    GetSearchAttributesResponse { keys: system() }
}

pub(crate) async fn add(
    engine: &Engine,
    request: AddSearchAttributesRequest,
) -> Result<AddSearchAttributesResponse, Status> {
    let namespace = namespace(engine, &request.namespace)?;
    if request.search_attributes.is_empty() {
        return Err(invalid("SearchAttributes are not set on request."));
    }
    let mut names = BTreeMap::new();
    for (name, number) in request.search_attributes {
        if is_reserved(&name) {
            return Err(invalid(format!("Search attribute {name} is reserved by system.")));
        }
        // Better than the real server, which takes such a name and can never find it again.
        if name.is_empty() || name.len() > ID_BYTES_MAX {
            let found = name.len();
            return Err(invalid(format!(
                "name of a search attribute has {found} bytes, expected 1 to {ID_BYTES_MAX}"
            )));
        }
        let kind = Kind::from_number(i64::from(number));
        let kind =
            kind.ok_or_else(|| invalid(format!("Unknown search attribute type: {number}.")))?;
        names.insert(name, kind);
    }
    engine.add_search_attributes(namespace.id, names).await.map_err(of)?;
    Ok(AddSearchAttributesResponse::default())
}

pub(crate) async fn remove(
    engine: &Engine,
    request: RemoveSearchAttributesRequest,
) -> Result<RemoveSearchAttributesResponse, Status> {
    let namespace = namespace(engine, &request.namespace)?;
    if request.search_attributes.is_empty() {
        return Err(invalid("SearchAttributes are not set on request."));
    }
    if let Some(name) = request.search_attributes.iter().find(|it| is_reserved(it)) {
        return Err(invalid(format!("Unable to remove non-custom search attributes: {name}.")));
    }
    engine.remove_search_attributes(namespace.id, &request.search_attributes).await.map_err(of)?;
    Ok(RemoveSearchAttributesResponse::default())
}
