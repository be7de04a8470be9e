// The workflow on a server of its own. What is tested is what `refrain build` has made.
package tests

import (
	"bufio"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const component = "../dist/{{name}}.wasm"

func refrain(args ...string) *exec.Cmd {
	return exec.Command(cmp.Or(os.Getenv("REFRAIN_BIN"), "refrain"), args...)
}

// Starts a server whose time jumps while a client waits. It ends with the test.
func start(t *testing.T) {
	server := refrain("server", "start-dev", "--time-skipping", "--port", "0", "--log-level", "error", "--output", "json")
	server.Stderr = os.Stderr
	said, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Process.Kill(); server.Wait() })
	var ready struct{ Address string }
	line, _ := bufio.NewReader(said).ReadBytes('\n')
	if err := json.Unmarshal(line, &ready); err != nil {
		t.Fatalf("the server did not start: %s", line)
	}
	t.Setenv("REFRAIN_ADDRESS", ready.Address)
}

func ask(t *testing.T, args ...string) string {
	said, err := refrain(args...).CombinedOutput()
	if err != nil {
		t.Fatalf("refrain %s: %s", strings.Join(args, " "), said)
	}
	return strings.TrimSpace(string(said))
}

// As the worker of an activity does, once the workflow asks for it.
func complete(t *testing.T, workflow, activity, result string) {
	var said []byte
	for range 100 {
		var err error
		complete := refrain("activity", "complete", "--workflow-id", workflow, "--activity-id", activity, "--result", result)
		if said, err = complete.CombinedOutput(); err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("%s", said)
}

func TestTheGreetingIsWhatTheActivitySaid(t *testing.T) {
	start(t)
	ask(t, "deploy", component, "--task-queue", "test")
	ask(t, "workflow", "start", "--workflow-id", "hello-7", "--type", "hello", "--task-queue", "test", "--input", `"Ada"`)
	complete(t, "hello-7", "1", `"Hello, Ada"`)
	if found := ask(t, "workflow", "result", "--unless-broken", "--workflow-id", "hello-7"); found != `"Hello, Ada"` {
		t.Errorf("found %s", found)
	}

	// What it does not know it refuses.
	ask(t, "workflow", "start", "--workflow-id", "other-7", "--type", "other", "--task-queue", "test")
	said, _ := refrain("workflow", "result", "--unless-broken", "--workflow-id", "other-7").CombinedOutput()
	if !strings.Contains(string(said), "unknown workflow type `other`") {
		t.Errorf("found %s", said)
	}

	// To be committed as tests/histories/hello-7.json, and replayed by all later versions.
	history := filepath.Join(t.TempDir(), "hello-7.json")
	shown, err := refrain("workflow", "show", "--workflow-id", "hello-7", "--output", "json").Output()
	if err == nil {
		err = os.WriteFile(history, shown, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	ask(t, "replay", history, component)
}
