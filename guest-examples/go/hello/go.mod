module refrain.dev/examples/hello

go 1.24
