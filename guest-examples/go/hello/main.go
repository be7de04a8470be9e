//go:build wasip1

// A workflow in Go, written against the contract itself: it asks one activity for a greeting.
package main

import (
	"structs"
	"unsafe"
)

// On wasm32 these have the layout of the canonical ABI, with addresses as numbers.
type slice struct {
	_          structs.HostLayout
	at, length uint32
}

type maybeText struct {
	_      structs.HostLayout
	isSome uint8
	value  slice
}

type maybeU64 struct {
	_      structs.HostLayout
	isSome uint8
	value  uint64
}

// The parameters of `activities.execute`. What is zero is none.
type activity struct {
	_     structs.HostLayout
	name  slice
	args  slice
	id    maybeText
	queue maybeText

	scheduleToClose, scheduleToStart, startToClose, heartbeat maybeU64

	retry struct {
		_                  structs.HostLayout
		isSome             uint8
		initialIntervalMs  uint64
		backoffCoefficient float64
		maximumIntervalMs  maybeU64
		maximumAttempts    uint32
		nonRetryableTypes  slice
	}
	cancellation uint8
	headers      slice
	priority     struct {
		_              structs.HostLayout
		isSome         uint8
		key            [2]uint32
		fairnessKey    maybeText
		fairnessWeight [2]uint32
	}
	summary maybeText
}

// A result of payloads, or of the frames of a failure.
type result struct {
	_       structs.HostLayout
	isError uint8
	value   slice
}

// One link of a failure. Of its kind, this sees the first case: raised by a program.
type frame struct {
	_       structs.HostLayout
	message slice
	kind    struct {
		_             structs.HostLayout
		which         uint8
		_             [0]uint64
		errorType     slice
		nonRetryable  uint8
		nextRetryInMs maybeU64
		benign        uint8
	}
	source, stack, details slice
	encoded                struct {
		_      structs.HostLayout
		isSome uint8
		value  [2]slice
	}
}

// What `run` returns: either a failure, or payloads as `completed`; room for the other cases.
type outcome struct {
	_       structs.HostLayout
	isError uint8
	failure struct {
		_     structs.HostLayout
		_     [0]uint64
		value slice
	}
	completed slice
	_         [256]byte
}

type operation struct {
	_          structs.HostLayout
	id, future uint32
}

type event struct {
	_              structs.HostLayout
	waitable, code uint32
}

//go:wasmimport refrain:workflow/activities@0.1.0 execute
func execute(params *activity, begun *operation)

//go:wasmimport refrain:workflow/activities@0.1.0 [async-lower][future-read-0]execute
func read(future uint32, into *result) uint32

//go:wasmimport $root [waitable-set-new]
func newSet() uint32

//go:wasmimport $root [waitable-join]
func join(waitable, set uint32)

//go:wasmimport $root [waitable-set-wait]
func wait(set uint32, into *event) uint32

//go:wasmimport [export]$root [task-return]run
func taskReturn(returned *outcome)

// What the host has handed over: the collector does not see that it is in use.
var given = map[unsafe.Pointer][]uint64{}

//go:wasmexport cabi_realloc
func realloc(old unsafe.Pointer, oldSize, align, size uint32) unsafe.Pointer {
	words := make([]uint64, size/8+1)
	at := unsafe.Pointer(&words[0])
	given[at] = words
	return at
}

func text(s string) slice {
	return slice{at: uint32(uintptr(unsafe.Pointer(unsafe.StringData(s)))), length: uint32(len(s))}
}

//go:wasmexport [async-lift-stackful]run
func run(typeAt, typeLength, argsAt, argsLength uint32) {
	if asked := unsafe.String((*byte)(unsafe.Pointer(uintptr(typeAt))), typeLength); asked != "hello" {
		unknown := &frame{message: text("unknown workflow type `" + asked + "`")}
		unknown.kind.errorType, unknown.kind.nonRetryable = text("WorkflowNotFound"), 1
		failed := &outcome{isError: 1}
		failed.failure.value = slice{at: uint32(uintptr(unsafe.Pointer(unknown))), length: 1}
		taskReturn(failed)
		return
	}

	asked := &activity{name: text("greet"), args: slice{at: argsAt, length: argsLength}}
	asked.startToClose = maybeU64{isSome: 1, value: 10_000}
	begun := &operation{}
	execute(asked, begun)

	const blocked = 0xffff_ffff
	greeting := &result{}
	if read(begun.future, greeting) == blocked {
		set := newSet()
		join(begun.future, set)
		wait(set, &event{})
	}

	returned := &outcome{isError: greeting.isError}
	if greeting.isError == 1 {
		returned.failure.value = greeting.value
	} else {
		returned.completed = greeting.value
	}
	taskReturn(returned)
}

func main() {}
