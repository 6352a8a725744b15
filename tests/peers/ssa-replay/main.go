// SPDX-License-Identifier: Apache-2.0

// ssa-replay CORPUS: runs rows of CORPUS/ssa again with the structured-merge-diff that it was built with, and prints, for
// each row whose answers are now others, one line of JSON: its number, and what changed in the answers of its steps (by
// their index), in the corpus' form. Rows whose converter translates or that change their schema are passed over. The
// library's version goes to standard error. "more" marks the rows that differ in more than null for an empty map or list.
//
// tests/peers/build builds it with the module versions that kube-apiserver pins; what it prints is kept in
// tests/corpus/smd-6.3.2.jsonl, and tests/peers/ssa says when that is no longer so.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"

	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

type step struct {
	Op         string          `json:"op"`
	Manager    string          `json:"manager"`
	APIVersion string          `json:"apiVersion"`
	Object     json.RawMessage `json:"object"`
	Conflict   *string         `json:"conflict_error"` // in the tables as written, instead of expected_error
	answer
}

type manager struct {
	APIVersion string          `json:"apiVersion"`
	Applied    bool            `json:"applied"`
	Set        json.RawMessage `json:"set"`
}

// answer is what a step leaves behind.
type answer struct {
	Error   *string            `json:"expected_error"`
	Live    json.RawMessage    `json:"live_after"`
	Managed map[string]manager `json:"managed_after"`
}

type row struct {
	Table     string          `json:"table"`
	Parser    json.RawMessage `json:"parser"`
	Converter string          `json:"converter"`
	Filter    json.RawMessage `json:"ignore_filter"`
	Ignored   json.RawMessage `json:"ignored_fields"`
	Ops       []step          `json:"ops"`

	// remove_extract
	Object json.RawMessage `json:"object"`
	Set    json.RawMessage `json:"set"`
	Skip   bool            `json:"remove_skip"`
	Left   json.RawMessage `json:"remove_expected"`
}

// plainly says whether every step is a write in one schema.
func (r row) plainly() bool {
	isNull := func(m json.RawMessage) bool { return len(m) == 0 || string(m) == "null" }
	if r.Converter != "" && r.Converter != "dummyConverter" || !isNull(r.Filter) || !isNull(r.Ignored) {
		return false
	}
	for _, op := range r.Ops {
		if op.Op != "Apply" && op.Op != "ForceApply" && op.Op != "Update" {
			return false
		}
	}
	return true
}

type sameVersion struct{}

func (sameVersion) Convert(v *typed.TypedValue, _ fieldpath.APIVersion) (*typed.TypedValue, error) {
	return v, nil
}

func (sameVersion) IsMissingVersionError(error) bool { return false }

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, "ssa-replay:", err)
		os.Exit(1)
	}
	return v
}

// lines calls f with every line of a file and its number, from 1.
func lines(path string, f func(n int, line []byte)) {
	s := bufio.NewScanner(must(os.Open(path)))
	s.Buffer(nil, 64<<20)
	for n := 1; s.Scan(); n++ {
		f(n, s.Bytes())
	}
	must(0, s.Err())
}

// plain makes of a decoded value one that encoding/json takes.
func plain(v any) any {
	switch v := v.(type) {
	case map[any]any:
		out := map[string]any{}
		for k, item := range v {
			out[fmt.Sprint(k)] = plain(item)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, item := range v {
			out[k] = plain(item)
		}
		return out
	case []any:
		out := []any{}
		for _, item := range v {
			out = append(out, plain(item))
		}
		return out
	}
	return v
}

// same compares two values by the JSON they become.
func same(a, b any) bool {
	var x, y any
	must(0, json.Unmarshal(must(json.Marshal(a)), &x))
	must(0, json.Unmarshal(must(json.Marshal(b)), &y))
	return reflect.DeepEqual(x, y)
}

// sameError compares error texts without the order of their lines, which is that of a Go map.
func sameError(a, b *string) bool {
	if a == nil || b == nil {
		return a == b
	}
	x, y := strings.Split(*a, "\n"), strings.Split(*b, "\n")
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// emptied makes null of every empty map and list.
func emptied(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			return nil
		}
		for k, item := range v {
			v[k] = emptied(item)
		}
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i, item := range v {
			v[i] = emptied(item)
		}
	}
	return v
}

// sameButEmptied compares two JSON texts, with null and empty for the same.
func sameButEmptied(a, b json.RawMessage) bool {
	var x, y any
	must(0, json.Unmarshal(a, &x))
	must(0, json.Unmarshal(b, &y))
	return reflect.DeepEqual(emptied(x), emptied(y))
}

type state struct {
	kind    func(version string) typed.ParseableType
	updater *merge.Updater
	live    *typed.TypedValue
	managed fieldpath.ManagedFields
}

// write is one step; a failing one changes nothing.
func (s *state) write(op step) error {
	version := fieldpath.APIVersion(op.APIVersion)
	var options []typed.ValidationOptions
	if op.Op == "Update" {
		options = append(options, typed.AllowDuplicates)
	}
	object, err := s.kind(op.APIVersion).FromYAML(typed.YAMLObject(op.Object), options...)
	if err != nil {
		return err
	}
	if s.live == nil {
		s.live = must(s.kind(op.APIVersion).FromUnstructured(nil))
	}
	managed := s.managed.Copy()
	if op.Op == "Update" {
		object, managed, err = s.updater.Update(s.live, object, version, managed, op.Manager)
	} else {
		object, managed, err = s.updater.Apply(s.live, object, version, managed, op.Manager, op.Op == "ForceApply")
	}
	if err != nil {
		return err
	}
	if s.managed = managed; object != nil {
		s.live = object
	}
	return nil
}

func (s *state) answer(err error) answer {
	a := answer{Live: json.RawMessage("null"), Managed: map[string]manager{}}
	if err != nil {
		text := err.Error()
		a.Error = &text
	}
	if s.live != nil {
		a.Live = must(json.Marshal(plain(s.live.AsValue().Unstructured())))
	}
	for name, set := range s.managed {
		a.Managed[name] = manager{string(set.APIVersion()), set.Applied(), must(set.Set().ToJSON())}
	}
	return a
}

// sequence runs the steps of a row and answers what changed.
func (r row) sequence(kind func(version string) typed.ParseableType) map[string]any {
	s := state{
		kind:    kind,
		updater: (&merge.UpdaterBuilder{Converter: sameVersion{}}).BuildUpdater(),
		managed: fieldpath.ManagedFields{},
	}
	changed, more := map[string]map[string]any{}, false
	for i, op := range r.Ops {
		if op.Conflict != nil {
			op.Error = op.Conflict
		}
		a, now := s.answer(s.write(op)), map[string]any{}
		if !sameError(a.Error, op.Error) {
			now["expected_error"] = a.Error
		}
		if !same(a.Live, op.Live) {
			now["live_after"] = a.Live
			more = more || !sameButEmptied(a.Live, op.Live)
		}
		if len(a.Managed)+len(op.Managed) > 0 && !same(a.Managed, op.Managed) {
			now["managed_after"] = a.Managed
		}
		if len(now) > 0 {
			changed[fmt.Sprint(i)] = now
			more = more || now["expected_error"] != nil || now["managed_after"] != nil
		}
		if r.Table == "state_machine" && op.Error != nil {
			break
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return map[string]any{"ops": changed, "more": more}
}

// remove takes a set of fields out of an object.
func (r row) remove(kind typed.ParseableType) map[string]any {
	object := must(kind.FromYAML(typed.YAMLObject(r.Object), typed.AllowDuplicates))
	set := fieldpath.NewSet()
	must(0, set.FromJSON(bytes.NewReader(r.Set)))
	left := must(json.Marshal(plain(object.RemoveItems(set).AsValue().Unstructured())))
	if r.Skip || same(json.RawMessage(left), r.Left) {
		return nil
	}
	return map[string]any{"remove_expected": json.RawMessage(left), "more": !sameButEmptied(left, r.Left)}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: ssa-replay CORPUS")
		os.Exit(2)
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "sigs.k8s.io/structured-merge-diff/v6" {
				fmt.Fprintln(os.Stderr, m.Path, m.Version)
			}
		}
	}
	parsers := map[string]*typed.Parser{}
	lines(filepath.Join(os.Args[1], "ssa", "schemas.jsonl"), func(_ int, line []byte) {
		var schema struct{ ID, YAML string }
		must(0, json.Unmarshal(line, &schema))
		if p, err := typed.NewParser(typed.YAMLObject(schema.YAML)); err == nil {
			parsers[schema.ID] = p
		}
	})
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	lines(filepath.Join(os.Args[1], "ssa", "cases.jsonl"), func(n int, line []byte) {
		var r row
		var parser struct{ Schema, Type string }
		if json.Unmarshal(line, &r) != nil || json.Unmarshal(r.Parser, &parser) != nil || parsers[parser.Schema] == nil {
			return
		}
		kind := func(version string) typed.ParseableType {
			if parser.Type == "$apiVersion" {
				return parsers[parser.Schema].Type(version)
			}
			return parsers[parser.Schema].Type(parser.Type)
		}
		var changed map[string]any
		if r.Table == "remove_extract" {
			changed = r.remove(kind("v1"))
		} else if (r.Table == "generated" || r.Table == "state_machine") && r.plainly() {
			changed = r.sequence(kind)
		}
		if changed != nil {
			changed["row"] = n
			must(0, out.Encode(changed))
		}
	})
}
