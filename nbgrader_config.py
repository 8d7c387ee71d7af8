"""How stock nbgrader finds its way in this course; it is read from the folder in which nbgrader is called."""

c = get_config()  # noqa: F821  (nbgrader provides it)

c.CourseDirectory.course_id = "backward_pass"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

# An unanswered notebook must run from top to bottom: the stub is a comment, the line above it says `x = ...`.
c.ClearSolutions.code_stub = {"python": "# Your code here."}
c.ClearSolutions.text_stub = "*Your answer here.*"
