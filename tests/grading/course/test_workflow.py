"""GitHub Classroom's workflow file: a step for each task, and a reporter that knows them all."""

import re

from minprune.grading.assignments import find
from minprune.grading.course.workflow import workflow


def test_each_task_has_a_step_with_its_points():
    assignment = find(5)
    text = workflow(assignment)
    steps = re.findall(r"      - name: (\w+)\n        id: ([\w-]+)\n        uses: classroom-resources/"
                       r"autograding-command-grader@v1\n        with:\n          test-name: (\w+)\n"
                       r"          command: (.*)\n"
                       r"          timeout: \d+\n          max-score: (\d+)\n", text)
    assert [(step[0], step[2], int(step[4])) for step in steps] == [
        (task.name, task.name, task.points) for task in assignment.tasks]
    assert steps[1][3] == "minprune grade starter.py --assignment 05_decisions_and_surgery --task keep_global"
    ids = [step[1] for step in steps]
    assert text.endswith(f"runners: {','.join(ids)}\n") and "\t" not in text
    for one in ids:                             # the reporter reads NAME_RESULTS of each step
        assert f'          {one.upper()}_RESULTS: "${{{{steps.{one}.outputs.result}}}}"\n' in text
