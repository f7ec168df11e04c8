"""GitHub Classroom: the workflow that grades what a student pushes, a step for each task.

The steps are the actions classroom-resources/autograding-command-grader and …/autograding-grading-reporter, version 1:
a command that ends with 0 gives all of its points.
"""

SETUP = "pip install minprune                 # or: pip install git+URL, of the repository that you have it from"
MINUTES = 5                     # that a step may take

HEAD = """\
name: Autograding Tests
on: [push, workflow_dispatch, repository_dispatch]
permissions:
  checks: write
  actions: read
  contents: read
jobs:
  autograding:
    runs-on: ubuntu-latest
    if: github.actor != 'github-classroom[bot]'
    steps:
      - name: Checkout code
        uses: actions/checkout@v4
      - name: Python
        uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - name: minprune
        run: {setup}
"""
STEP = """\
      - name: {task}
        id: {id}
        uses: classroom-resources/autograding-command-grader@v1
        with:
          test-name: {task}
          command: minprune grade {file} --assignment {assignment} --task {task}
          timeout: {minutes}
          max-score: {points}
"""
TAIL = """\
      - name: Autograding Reporter
        uses: classroom-resources/autograding-grading-reporter@v1
        env:
{results}
        with:
          runners: {runners}
"""


def workflow(assignment, file="starter.py", setup=SETUP):
    """The text of .github/workflows/classroom.yml for an Assignment whose functions are written in `file`."""
    ids = {task.name: task.name.replace("_", "-") for task in assignment.tasks}
    steps = [STEP.format(task=task.name, id=ids[task.name], assignment=assignment.name, file=file, minutes=MINUTES,
                         points=task.points) for task in assignment.tasks]
    results = "\n".join(f'          {one.upper()}_RESULTS: "${{{{steps.{one}.outputs.result}}}}"'
                        for one in ids.values())
    return "".join([HEAD.format(setup=setup), *steps, TAIL.format(results=results, runners=",".join(ids.values()))])
