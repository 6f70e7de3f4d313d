// Package injectors lists the input backends of each operating system, the
// one to prefer first. A new backend is one line in its table.
//
//	input.Open(ctx, injectors.All, name, options) ─▶ input.Injector
package injectors
