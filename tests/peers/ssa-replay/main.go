// SPDX-License-Identifier: Apache-2.0

// ssa-replay CORPUS: reads the rows of table "generated" in CORPUS/ssa/cases.jsonl, does their writes again with the
// structured-merge-diff that it was built with, and prints the rows with what that library answered: expected_error,
// live_after and managed_after. The row's line number becomes its id. The library's version goes to standard error.
//
// tests/peers/build builds it with the module versions that kube-apiserver pins.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
	"sigs.k8s.io/structured-merge-diff/v6/value"
)

const library = "sigs.k8s.io/structured-merge-diff/v6"

type owner struct {
	APIVersion string          `json:"apiVersion"`
	Applied    bool            `json:"applied"`
	Set        json.RawMessage `json:"set"`
}

type write struct {
	Op            string           `json:"op"`
	Manager       string           `json:"manager"`
	APIVersion    string           `json:"apiVersion"`
	Object        json.RawMessage  `json:"object"`
	ExpectedError *string          `json:"expected_error"`
	LiveAfter     json.RawMessage  `json:"live_after"`
	ManagedAfter  map[string]owner `json:"managed_after"`
}

type row struct {
	ID     string `json:"id"`
	Table  string `json:"table"`
	Parser struct {
		Schema string `json:"schema"`
		Type   string `json:"type"`
	} `json:"parser"`
	Ops []write `json:"ops"`
}

// Every row stays in one version, so nothing is ever converted.
type oneVersion struct{}

func (oneVersion) Convert(o *typed.TypedValue, _ fieldpath.APIVersion) (*typed.TypedValue, error) {
	return o, nil
}
func (oneVersion) IsMissingVersionError(error) bool { return false }

// The object as a server holds it, with who owns what of it.
type state struct {
	kind     typed.ParseableType
	live     *typed.TypedValue
	exists   bool // something has been written; before that live is an empty object
	managers fieldpath.ManagedFields
	updater  *merge.Updater
}

func newState(kind typed.ParseableType) (*state, error) {
	live, err := kind.FromYAML("{}")
	updater := (&merge.UpdaterBuilder{Converter: oneVersion{}}).BuildUpdater()
	return &state{kind: kind, live: live, managers: fieldpath.ManagedFields{}, updater: updater}, err
}

// do makes one write; when it fails the state stays as it was.
func (s *state) do(w *write) error {
	parsed, err := value.FromJSON(w.Object)
	if err != nil {
		return err
	}
	var options []typed.ValidationOptions
	if w.Op == "Update" {
		options = append(options, typed.AllowDuplicates)
	}
	object, err := s.kind.FromUnstructured(parsed.Unstructured(), options...)
	if err != nil {
		return err
	}
	version, managers := fieldpath.APIVersion(w.APIVersion), s.managers.Copy()
	var live *typed.TypedValue
	if w.Op == "Update" {
		live, managers, err = s.updater.Update(s.live, object, version, managers, w.Manager)
	} else {
		live, managers, err = s.updater.Apply(s.live, object, version, managers, w.Manager, w.Op == "ForceApply")
	}
	if err != nil {
		return err
	}
	s.managers = managers
	s.exists = true
	if live != nil { // nil: an apply that changed nothing
		s.live = live
	}
	return nil
}

func sortedLines(text string) []string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return lines
}

// errorText is the text of err; the recorded one when they differ in the order of lines alone, since the library lists
// several invalid fields in the order of a Go map.
func errorText(err error, recorded *string) *string {
	text := err.Error()
	if recorded != nil && slices.Equal(sortedLines(text), sortedLines(*recorded)) {
		return recorded
	}
	return &text
}

func (s *state) describe(w *write) (err error) {
	w.LiveAfter = json.RawMessage("null")
	if s.exists {
		if w.LiveAfter, err = value.ToJSON(s.live.AsValue()); err != nil {
			return err
		}
	}
	w.ManagedAfter = map[string]owner{}
	for name, set := range s.managers {
		text, err := set.Set().ToJSON()
		if err != nil {
			return err
		}
		w.ManagedAfter[name] = owner{string(set.APIVersion()), set.Applied(), text}
	}
	return nil
}

func (r *row) replay(parsers map[string]*typed.Parser) error {
	parser := parsers[r.Parser.Schema]
	if parser == nil {
		return fmt.Errorf("no schema %q", r.Parser.Schema)
	}
	s, err := newState(parser.Type(r.Parser.Type))
	if err != nil {
		return err
	}
	for i := range r.Ops {
		w := &r.Ops[i]
		if err := s.do(w); err != nil {
			w.ExpectedError = errorText(err, w.ExpectedError)
		} else {
			w.ExpectedError = nil
		}
		if err := s.describe(w); err != nil {
			return err
		}
	}
	return nil
}

// eachLine calls f with every line of a file and its number.
func eachLine(path string, f func(number int, line []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for number := 1; lines.Scan(); number++ {
		if err := f(number, lines.Bytes()); err != nil {
			return fmt.Errorf("%s:%d: %w", path, number, err)
		}
	}
	return lines.Err()
}

func run(corpus string) error {
	parsers := map[string]*typed.Parser{}
	err := eachLine(filepath.Join(corpus, "ssa", "schemas.jsonl"), func(_ int, line []byte) error {
		var schema struct{ ID, YAML string }
		if err := json.Unmarshal(line, &schema); err != nil {
			return err
		}
		parser, err := typed.NewParser(typed.YAMLObject(schema.YAML))
		parsers[schema.ID] = parser
		return err
	})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	err = eachLine(filepath.Join(corpus, "ssa", "cases.jsonl"), func(number int, line []byte) error {
		var named struct{ Table string }
		if err := json.Unmarshal(line, &named); err != nil || named.Table != "generated" {
			return err
		}
		r := row{ID: fmt.Sprint(number)}
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		if err := r.replay(parsers); err != nil {
			return err
		}
		return encoder.Encode(r)
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: ssa-replay CORPUS")
		os.Exit(2)
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == library {
				fmt.Fprintln(os.Stderr, m.Path, m.Version)
			}
		}
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "ssa-replay:", err)
		os.Exit(1)
	}
}
