"""How stock nbgrader finds its way in this course; it is read from the folder in which nbgrader is called."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # the steps in grading/ are no part of the installed package
sys.modules.setdefault("rfc3987_syntax", None)  # a check of web addresses that notebooks need not pass; 2.5 s to load

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.course_id = "backward_pass"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
# nbgrader copies all that lies beside a notebook: the source of a solution must not travel with the exercise.
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "*.myst.md"]

# An unanswered notebook must run from top to bottom: the stub is a comment, the line above it says `x = ...`.
c.ClearSolutions.code_stub = {"python": "# Your code here."}
c.ClearSolutions.text_stub = "*Your answer here.*"

# Handing out: as nbgrader does it, less the cells that explain a solution.
N = "nbgrader.preprocessors."
c.GenerateAssignment.preprocessors = ["grading.preprocessors.DropExplanations"] + [
    N + name
    for name in [
        "IncludeHeaderFooter",
        "LockCells",
        "ClearSolutions",
        "ClearOutput",
        "CheckCellMetadata",
        "ComputeChecksums",
        "SaveCells",
        "ClearHiddenTests",
        "ClearMarkScheme",
        "ComputeChecksums",
        "CheckCellMetadata",
    ]
]

# Grading: nbgrader's steps, with three of ours. Repair takes the place of DeduplicateIds, SandboxedExecute that of Execute;
# Judge is new, and SaveGrades is SaveAutoGrades with a memory. Without a sandbox nothing is run at all.
c.Autograde.sanitize_preprocessors = ["grading.preprocessors.Repair"] + [
    N + name for name in ("OverwriteKernelspec", "OverwriteCells", "CheckCellMetadata")
]
c.Autograde.autograde_preprocessors = [
    "grading.preprocessors.SandboxedExecute",
    "grading.preprocessors.Judge",
    N + "LimitOutput",
    "grading.saving.SaveGrades",
    N + "AssignLatePenalties",
    N + "CheckCellMetadata",
]
# Late work: percent of what was earned, for each day begun after `python -m grading due`; 0 takes nothing off.
c.AssignLatePenalties.plugin_class = "grading.late.PerDay"
c.PerDay.percent = 0
c.PerDay.most = 100
c.PerDay.grace = 0  # minutes
c.Autograde.exporter_class = "grading.preprocessors.CarefulExporter"
c.SandboxedExecute.limits = {}  # what differs from grading/sandbox.py, such as {"cell": 120}
c.Judge.key = (
    "variants.key"  # made by `python -m grading variants`; as long as it is not there, all have the book's numbers
)

# What learners wrote is shown to instructors: text and pictures, nothing that acts.
c.HTMLExporter.sanitize_html = True
c.TemplateExporter.filters = {
    "clean_html": "grading.sanitize.clean_html",
    "markdown2html": "grading.sanitize.markdown2html",
    "beside_words": "grading.beside.Beside",
}
c.GenerateFeedback.exporter_class = "grading.sanitize.FeedbackExporter"
# In formgrader, rubric and model answer stand beside each answer in words; in feedback they do not.
c.HTMLExporter.template_file = str(Path(__file__).resolve().parent / "grading" / "formgrader" / "words.html.j2")
c.FeedbackExporter.template_file = "index.html.j2"
c.Exporter.optimistic_validation = True  # once for each notebook, not after each step

# Several people may have formgrader open on one gradebook: none of them overwrites what another gave meanwhile.
from grading.marking import watch  # noqa: E402

watch()
