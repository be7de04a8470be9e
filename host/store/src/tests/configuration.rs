//! Namespaces, components, deployments.

use super::*;
use crate::{ComponentKind, ComponentMeta, Namespace, NamespaceError, NamespaceState};

#[tokio::test]
async fn namespaces_are_made_found_and_changed() {
    let store = temporary().await;
    let shop = store.insert_namespace(new_namespace("shop", 1)).await.unwrap();
    let bank = store.insert_namespace(new_namespace("bank", 2)).await.unwrap();
    assert_ne!(shop.id, bank.id);
    let again = store.insert_namespace(new_namespace("shop", 3)).await.unwrap_err();
    assert!(matches!(&again, NamespaceError::AlreadyExists { name } if name == "shop"));
    assert_eq!(again.to_string(), "namespace `shop` already exists");

    let changed = Namespace {
        description: "closed".to_owned(),
        retention: Delay::from_secs(1),
        data: [("team".to_owned(), "other".to_owned()), ("tier".to_owned(), "1".to_owned())].into(),
        state: NamespaceState::Deprecated,
        ..shop.clone()
    };
    assert!(store.update_namespace(&changed).await.unwrap());
    assert!(!store.update_namespace(&Namespace { id: NamespaceId(99), ..shop }).await.unwrap());
    assert_eq!(store.namespace("shop").await.unwrap(), Some(changed.clone()));
    assert_eq!(store.namespace("nobody").await.unwrap(), None);
    assert_eq!(store.list_namespaces().await.unwrap(), [changed, bank]);
}

fn meta(digest: Digest, name: &str, at: u64) -> ComponentMeta {
    ComponentMeta {
        digest,
        kind: ComponentKind::Workflow,
        name: name.to_owned(),
        size: 4,
        definition: "{}".to_owned(),
        created_at: s(at),
    }
}

#[tokio::test]
async fn a_component_is_stored_once_and_used_by_those_that_uploaded_it() {
    let store = temporary().await;
    let shop = store.insert_namespace(new_namespace("shop", 1)).await.unwrap().id;
    let bank = store.insert_namespace(new_namespace("bank", 2)).await.unwrap().id;
    let (old, new) = (Digest([1; 32]), Digest([2; 32]));
    store.put_component(shop, &meta(old, "orders", 1), b"\0asm").await.unwrap();
    store.put_component(shop, &meta(new, "orders", 2), b"wasm").await.unwrap();
    store.put_component(bank, &meta(old, "loans", 3), b"\0asm").await.unwrap();
    store.put_component(bank, &meta(old, "credits", 4), b"\0asm").await.unwrap();

    let found = store.component(old).await.unwrap().unwrap();
    assert_eq!((found.kind, found.bytes.as_slice()), (ComponentKind::Workflow, &b"\0asm"[..]));
    assert_eq!(store.component(Digest([3; 32])).await.unwrap(), None);
    assert_eq!(
        store.list_components(shop).await.unwrap(),
        [meta(new, "orders", 2), meta(old, "orders", 1)]
    );
    assert_eq!(store.list_components(bank).await.unwrap(), [meta(old, "credits", 4)]);
    assert!(store.has_component(shop, new).await.unwrap());
    assert!(!store.has_component(bank, new).await.unwrap());
}
