"""The same pipeline for each runner: N stages as ten parallel chains, each stage a `cat` and an `echo`."""

CHAINS = 10


class Runner:
    """A runner: how it writes the pipeline, and the commands that run it."""

    def __init__(self, program):
        self.program = str(program)

    def prepare(self, folder, stages):
        """Makes a project of this many stages."""
        (folder / "seed").mkdir(parents=True)
        for chain in range(CHAINS):
            (folder / "seed" / f"{chain}.txt").write_text(f"chain {chain}\n")
        self.write(folder, [(chain, step) for chain in range(CHAINS) for step in range(stages // CHAINS)])

    def write(self, folder, stages):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def set_up(self):
        """Commands that a project needs once, before it is run."""
        return []


def edit(folder, text):
    """Changes what the first chain starts from, and so every stage of that chain."""
    with (folder / "seed" / "0.txt").open("a") as seed:
        seed.write(text)


class Pipeline(Runner):
    name = "pipeline"

    def write(self, folder, stages):
        (folder / "pipelines").mkdir()
        with (folder / "pipelines" / "chains.toml").open("w") as file:
            for chain, step in stages:
                before = f"${{stages.c{chain}_{step - 1}.text}}" if step else f"seed/{chain}.txt"
                file.write(
                    f"[stages.c{chain}_{step}]\n"
                    'kind = "command"\nshell = true\n'
                    'run = "cat ${inputs.before} > ${outputs.text} && echo >> ${outputs.text}"\n'
                    f'inputs = {{ before = "{before}" }}\noutputs = {{ text = "text" }}\n\n'
                )

    def command(self):
        return [self.program, "run", "pipelines/chains.toml"]


class Ninja(Runner):
    name = "ninja"

    def write(self, folder, stages):
        with (folder / "build.ninja").open("w") as file:
            file.write("rule step\n  command = cat $in > $out && echo >> $out\n\n")
            for chain, step in stages:
                before = f"out/c{chain}_{step - 1}" if step else f"seed/{chain}.txt"
                file.write(f"build out/c{chain}_{step}: step {before}\n")

    def command(self):
        return [self.program]


class Snakemake(Runner):
    name = "Snakemake"

    def write(self, folder, stages):
        last = max(step for _, step in stages)
        ends = ", ".join(f'"out/c{chain}_{last}"' for chain in range(CHAINS))
        with (folder / "Snakefile").open("w") as file:
            file.write(f"rule all:\n    input: {ends}\n\n")
            for chain, step in stages:
                before = f"out/c{chain}_{step - 1}" if step else f"seed/{chain}.txt"
                file.write(
                    f'rule c{chain}_{step}:\n    input: "{before}"\n    output: "out/c{chain}_{step}"\n'
                    '    shell: "cat {input} > {output} && echo >> {output}"\n\n'
                )

    def command(self):
        return [self.program, "--cores", "all", "--quiet", "all"]


class Dvc(Runner):
    name = "DVC"

    def write(self, folder, stages):
        (folder / "out").mkdir()
        with (folder / "dvc.yaml").open("w") as file:
            file.write("stages:\n")
            for chain, step in stages:
                before = f"out/c{chain}_{step - 1}" if step else f"seed/{chain}.txt"
                after = f"out/c{chain}_{step}"
                file.write(
                    f"  c{chain}_{step}:\n    cmd: cat {before} > {after} && echo >> {after}\n"
                    f"    deps: [{before}]\n    outs: [{after}]\n"
                )

    def set_up(self):
        return [[self.program, "init", "--no-scm", "--quiet"]]

    def command(self):
        return [self.program, "repro", "--quiet"]

