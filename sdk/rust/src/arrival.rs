//! What an operation resolves with, read by one piece of code for all types: a component has a copy of generic code for
//! each type that it waits for.

use std::alloc::Layout;
use std::future::Future;
use std::hint::unreachable_unchecked;
use std::mem::{self, MaybeUninit};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use wit_bindgen::rt::async_support::{FutureOps, FutureReader, RawFutureRead, RawFutureReader};

use crate::bindings::types;
use crate::bindings::workflow::wit_future::FuturePayload;
use crate::payload::Payload;
use crate::{Failure, Result, scope};

/// In memory as the host writes it; nothing that we wait for is larger.
pub(crate) struct Arrived(Bytes);

type Bytes = [u64; 4];

pub(crate) type FromWire<W> = std::result::Result<W, types::Failure>;

/// What most operations end with. Its code lifts the failures of all.
type Values = FromWire<Vec<Payload>>;

impl Arrived {
    /// It must be what a [`Read`] of a future of `W` has read.
    pub(crate) fn take<W>(self) -> Result<W>
    where
        FromWire<W>: FuturePayload,
    {
        // SAFETY: the bytes are the host's for this type, and they are taken once.
        self.taken(|bytes| unsafe { lifted(bytes) })
    }

    /// As `take::<context::CancelRequest>`.
    pub(crate) fn take_reason(self) -> Result<String> {
        // SAFETY: a record of one text is a text; the host gives none that is not UTF-8.
        self.taken(|bytes| unsafe {
            let [_, text, length] = bytes.cast::<[*mut u8; 3]>().read();
            String::from_utf8_unchecked(Vec::from_raw_parts(text, length.addr(), length.addr()))
        })
    }

    fn taken<T>(mut self, value: impl FnOnce(*mut u8) -> T) -> Result<T> {
        let bytes = (&raw mut self.0).cast::<u8>();
        // SAFETY: the first byte says which of both it is.
        match unsafe { bytes.read() } {
            0 => Ok(value(bytes)),
            _ => Err(self.failure()),
        }
    }

    #[inline(never)]
    fn failure(mut self) -> Failure {
        // SAFETY: it lies at the same place whatever there could have been, and is taken once.
        let lifted = unsafe { (Values::VTABLE.lift)((&raw mut self.0).cast()) };
        Failure::from_wire(lifted.err().unwrap_or_default())
    }
}

/// What has come, if it is no failure: the code for that one is left out, where the compiler sees it.
///
/// # Safety
///
/// The bytes must be the host's for this type, and nobody else's.
#[inline(never)]
unsafe fn lifted<W>(bytes: *mut u8) -> W
where
    FromWire<W>: FuturePayload,
{
    const { assert!(FromWire::<W>::VTABLE.layout.align() == Values::VTABLE.layout.align()) };
    // SAFETY: the caller says so. What has no size is made of nothing.
    unsafe {
        if size_of::<W>() == 0 {
            return MaybeUninit::uninit().assume_init();
        }
        bytes.write(0);
        match (FromWire::<W>::VTABLE.lift)(bytes) {
            Ok(value) => value,
            Err(_) => unreachable_unchecked(),
        }
    }
}

/// Of the words that the host writes for a `W`.
///
/// # Safety
///
/// As [`lifted`].
pub(crate) unsafe fn value<W>(words: &[*mut u8]) -> W
where
    FromWire<W>: FuturePayload,
{
    let mut bytes = Bytes::default();
    assert!(size_of_val(words) + size_of::<usize>() <= size_of::<Bytes>());
    let to = (&raw mut bytes).cast::<*mut u8>();
    // SAFETY: there is room for them behind the word that says that it is no failure.
    unsafe {
        to.add(1).copy_from_nonoverlapping(words.as_ptr(), words.len());
        lifted(to.cast())
    }
}

/// Waits for what comes of one operation.
pub(crate) struct Read {
    read: RawFutureRead<&'static Functions>,
    /// Of what ends with its scope.
    entry: Option<scope::Entry>,
}

impl Read {
    // Where it is a call, it is given the reader, and with it all that its table names.
    #[inline(always)]
    pub(crate) fn new<W>(
        reader: FutureReader<FromWire<W>>,
        entry: Option<scope::Entry>,
    ) -> Pin<Box<Read>>
    where
        FromWire<W>: FuturePayload,
    {
        let handle = reader.take_handle();
        mem::forget(reader);
        Read::of(handle, Functions::of::<FromWire<W>>(), entry)
    }

    fn of(
        handle: u32,
        functions: &'static Functions,
        entry: Option<scope::Entry>,
    ) -> Pin<Box<Read>> {
        // SAFETY: the functions are those of the future that the handle was given for.
        let reader = unsafe { RawFutureReader::new(handle, functions) };
        Box::pin(Read { read: reader.into_future(), entry })
    }
}

impl Future for Read {
    type Output = Arrived;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Arrived> {
        // SAFETY: `read` stays where it is; the entry is never pinned.
        let (read, entry) = unsafe {
            let it = self.get_unchecked_mut();
            (Pin::new_unchecked(&mut it.read), &mut it.entry)
        };
        let bytes = ready!(read.poll(context));
        if let Some(entry) = entry.take() {
            entry.leave();
        }
        Poll::Ready(Arrived(bytes))
    }
}

/// What reading takes, of a table that also knows how to write.
struct Functions {
    layout: Layout,
    start_read: unsafe extern "C" fn(u32, *mut u8) -> u32,
    cancel_read: unsafe extern "C" fn(u32) -> u32,
    drop_readable: unsafe extern "C" fn(u32),
}

impl Functions {
    const fn of<P: FuturePayload>() -> &'static Functions {
        const {
            assert!(P::VTABLE.layout.size() <= size_of::<Bytes>());
            assert!(P::VTABLE.layout.align() <= align_of::<Bytes>());
            &Functions {
                layout: P::VTABLE.layout,
                start_read: P::VTABLE.start_read,
                cancel_read: P::VTABLE.cancel_read,
                drop_readable: P::VTABLE.drop_readable,
            }
        }
    }
}

impl FutureOps for &Functions {
    type Payload = Bytes;

    fn elem_layout(&mut self) -> Layout {
        self.layout
    }

    unsafe fn lift(&mut self, from: *mut u8) -> Bytes {
        let mut bytes = Bytes::default();
        let to = (&raw mut bytes).cast::<u8>();
        // SAFETY: so many are there, and there is room for them.
        unsafe { from.copy_to_nonoverlapping(to, self.layout.size()) };
        bytes
    }

    unsafe fn start_read(&mut self, future: u32, to: *mut u8) -> u32 {
        unsafe { (self.start_read)(future, to) }
    }

    unsafe fn cancel_read(&mut self, future: u32) -> u32 {
        unsafe { (self.cancel_read)(future) }
    }

    unsafe fn drop_readable(&mut self, future: u32) {
        unsafe { (self.drop_readable)(future) }
    }

    fn new(&mut self) -> u64 {
        unreachable!("{READ_ONLY}")
    }

    unsafe fn lower(&mut self, _: Bytes, _: *mut u8) {
        unreachable!("{READ_ONLY}")
    }

    unsafe fn dealloc_lists(&mut self, _: *mut u8) {
        unreachable!("{READ_ONLY}")
    }

    unsafe fn start_write(&mut self, _: u32, _: *const u8) -> u32 {
        unreachable!("{READ_ONLY}")
    }

    unsafe fn cancel_write(&mut self, _: u32) -> u32 {
        unreachable!("{READ_ONLY}")
    }

    unsafe fn drop_writable(&mut self, _: u32) {
        unreachable!("{READ_ONLY}")
    }
}

const READ_ONLY: &str = "a workflow writes no future";
