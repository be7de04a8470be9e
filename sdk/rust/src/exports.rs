//! The functions that the host calls. What queries and updates are given is alike, and so is what they answer: one piece of
//! code reads it and one writes it. `wit-bindgen` has that once for each function, a tenth of a small component.

use wit_bindgen::rt::async_support::{TaskCancelOnDrop, start_task};

use crate::arrival;
use crate::bindings::lifecycle::IncomingUpdate;
use crate::bindings::signals::Signal;
use crate::bindings::types;
use crate::bindings::workflow::Guest;
use crate::bindings::workflow::wit_future::FuturePayload;
use crate::payload::Payload;

type Answer = Result<Vec<Payload>, types::Failure>;

/// An [`Answer`] as the host reads it: values and failures are lists. One that can only refuse (`result<_, failure>`)
/// looks the same.
#[repr(C)]
pub struct Answered {
    is_failure: usize,
    list: *mut u8,
    n: usize,
}

// Elsewhere there is no host that would read it.
#[cfg(target_family = "wasm")]
const _: () = assert!(Answer::VTABLE.layout.size() == size_of::<Answered>());

impl Answered {
    fn of(answer: Answer) -> Answered {
        let mut answered = Answered { is_failure: 0, list: std::ptr::null_mut(), n: 0 };
        // SAFETY: so it is laid out.
        unsafe { (Answer::VTABLE.lower)(answer, (&raw mut answered).cast()) };
        answered
    }
}

impl Drop for Answered {
    fn drop(&mut self) {
        // SAFETY: these are the lists that `of` has made.
        unsafe { (Answer::VTABLE.dealloc_lists)((&raw mut *self).cast()) };
    }
}

/// Where a list or a text of the host's begins, and how long it is.
type List = (*mut u8, usize);

const NO_LIST: List = (std::ptr::without_provenance_mut(1), 0);

/// What comes with a name is laid out as a signal.
///
/// # Safety
///
/// The lists must be the host's, and nobody else's.
unsafe fn named(name: List, args: List, headers: List) -> Signal {
    let words = [name, args, headers].map(|(list, n)| [list, std::ptr::without_provenance_mut(n)]);
    // SAFETY: the caller says so.
    unsafe { arrival::value::<Signal>(words.as_flattened()) }
}

/// # Safety
///
/// As [`named`].
unsafe fn incoming(id: List, name: List, args: List, headers: List) -> IncomingUpdate {
    // SAFETY: the caller says so; the host gives no text that is none.
    let (id, Signal { name, args, headers }) = unsafe {
        let id = String::from_utf8_unchecked(Vec::from_raw_parts(id.0, id.1, id.1));
        (id, named(name, args, headers))
    };
    IncomingUpdate { id, name, args, headers }
}

/// # Safety
///
/// As [`named`].
pub unsafe fn query<G: Guest>(name: List, args: List) -> *mut Answered {
    // SAFETY: the caller says so.
    let Signal { name, args, .. } = unsafe { named(name, args, NO_LIST) };
    Box::into_raw(Box::new(Answered::of(G::query(name, args))))
}

/// # Safety
///
/// As [`named`].
pub unsafe fn validate_update<G: Guest>(
    id: List,
    name: List,
    args: List,
    headers: List,
) -> *mut Answered {
    // SAFETY: the caller says so.
    let update = unsafe { incoming(id, name, args, headers) };
    let answer = G::validate_update(update).map(|()| Vec::new());
    Box::into_raw(Box::new(Answered::of(answer)))
}

/// # Safety
///
/// As [`named`].
pub unsafe fn update<G: Guest>(id: List, name: List, args: List, headers: List) -> i32 {
    // SAFETY: the caller says so.
    let update = unsafe { incoming(id, name, args, headers) };
    start_task(async move {
        let unless_it_returns = TaskCancelOnDrop::new();
        let answered = Answered::of(G::update(update).await);
        unless_it_returns.forget();
        // SAFETY: the host reads it now.
        unsafe { return_update(answered.is_failure, answered.list, answered.n) };
    })
}

/// # Safety
///
/// It must be what [`query`] or [`validate_update`] has given, and the host has read it.
pub unsafe fn after_answer(answered: *mut Answered) {
    // SAFETY: the caller says so.
    drop(unsafe { Box::from_raw(answered) });
}

#[cfg(target_family = "wasm")]
#[link(wasm_import_module = "[export]$root")]
unsafe extern "C" {
    #[link_name = "[task-return]update"]
    fn return_update(is_failure: usize, list: *mut u8, n: usize);
}

#[cfg(not(target_family = "wasm"))]
unsafe fn return_update(_: usize, _: *mut u8, _: usize) {
    unreachable!("there is a host in wasm only");
}

/// `wit-bindgen`'s macro for the world calls the one of this name for its functions.
#[macro_export]
#[doc(hidden)]
macro_rules! workflow_exports {
    ($exports:ident with_types_in $($here:tt)*) => {
        const _: () = {
            use $crate::bindings::workflow;
            use $crate::exports;

            #[unsafe(export_name = "[async-lift]run")]
            unsafe extern "C" fn run(
                name: *mut u8,
                n_name: usize,
                args: *mut u8,
                n_args: usize,
            ) -> i32 {
                unsafe { workflow::_export_run_cabi::<$exports>(name, n_name, args, n_args) }
            }

            #[unsafe(export_name = "[callback][async-lift]run")]
            unsafe extern "C" fn run_goes_on(event: u32, of: u32, code: u32) -> u32 {
                unsafe { workflow::__callback_run(event, of, code) }
            }

            #[unsafe(export_name = "query")]
            unsafe extern "C" fn query(
                name: *mut u8,
                n_name: usize,
                args: *mut u8,
                n_args: usize,
            ) -> *mut exports::Answered {
                unsafe { exports::query::<$exports>((name, n_name), (args, n_args)) }
            }

            #[unsafe(export_name = "cabi_post_query")]
            unsafe extern "C" fn after_query(answered: *mut exports::Answered) {
                unsafe { exports::after_answer(answered) }
            }

            #[unsafe(export_name = "validate-update")]
            unsafe extern "C" fn validate_update(
                id: *mut u8,
                n_id: usize,
                name: *mut u8,
                n_name: usize,
                args: *mut u8,
                n_args: usize,
                headers: *mut u8,
                n_headers: usize,
            ) -> *mut exports::Answered {
                unsafe {
                    exports::validate_update::<$exports>(
                        (id, n_id),
                        (name, n_name),
                        (args, n_args),
                        (headers, n_headers),
                    )
                }
            }

            #[unsafe(export_name = "cabi_post_validate-update")]
            unsafe extern "C" fn after_validate_update(answered: *mut exports::Answered) {
                unsafe { exports::after_answer(answered) }
            }

            #[unsafe(export_name = "[async-lift]update")]
            unsafe extern "C" fn update(
                id: *mut u8,
                n_id: usize,
                name: *mut u8,
                n_name: usize,
                args: *mut u8,
                n_args: usize,
                headers: *mut u8,
                n_headers: usize,
            ) -> i32 {
                unsafe {
                    exports::update::<$exports>(
                        (id, n_id),
                        (name, n_name),
                        (args, n_args),
                        (headers, n_headers),
                    )
                }
            }

            #[unsafe(export_name = "[callback][async-lift]update")]
            unsafe extern "C" fn update_goes_on(event: u32, of: u32, code: u32) -> u32 {
                unsafe { workflow::__callback_update(event, of, code) }
            }

            #[unsafe(export_name = "definition")]
            unsafe extern "C" fn definition() -> *mut u8 {
                unsafe { workflow::_export_definition_cabi::<$exports>() }
            }

            #[unsafe(export_name = "cabi_post_definition")]
            unsafe extern "C" fn after_definition(definition: *mut u8) {
                unsafe { workflow::__post_return_definition::<$exports>(definition) }
            }
        };
    };
}
#[doc(hidden)]
pub use workflow_exports as __export_world_workflow_cabi;
