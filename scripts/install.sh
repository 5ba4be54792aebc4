#!/bin/sh
# Installs both programs below a prefix: bin/pipeline, bin/pipeline-worker, and the libraries of libtorch
# in lib/pipeline/, where the worker looks for them. Usage: install.sh PREFIX
set -eu
prefix=$1
root=$(cd "$(dirname "$0")/.." && pwd)
libtorch=${LIBTORCH:-$root/.deps/libtorch}

mkdir -p "$prefix/bin" "$prefix/lib/pipeline"
for program in pipeline pipeline-worker; do
    # A running program cannot be overwritten, only replaced.
    cp "$root/target/release/$program" "$prefix/bin/$program.new"
    mv "$prefix/bin/$program.new" "$prefix/bin/$program"
done
# Linker scripts and static archives are of no use at run time; links are followed.
find -L "$libtorch/lib" -maxdepth 1 -name '*.so*' -size +1k -exec cp -Lf {} "$prefix/lib/pipeline/" \;

echo "installed $prefix/bin/pipeline and $prefix/bin/pipeline-worker"
case ":$PATH:" in
    *":$prefix/bin:"*) ;;
    *) echo "hint: $prefix/bin is not on the PATH; add it: export PATH=\"$prefix/bin:\$PATH\"" ;;
esac
