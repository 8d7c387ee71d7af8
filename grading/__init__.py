"""Grading is nbgrader with one step exchanged: notebooks run in a sandbox, and a judge outside of it gives the points.

tokens           who has which numbers
reports          what was found about each submission, in files
collect          what people handed in, taken in with care
roster           who is in the class, and what is evidence of who handed something in
archives         the files of a folder or a zip, also those in zips in it
lms              downloads of Canvas, Moodle and Gradescope: who, which notebook, when
receive          a download taken in: the newest counts, the others are kept
when             moments, as people and platforms write them
repair           a notebook brought back into the shape of the assignment, with a reason for each change
syscalls         what the kernel refuses a boxed process (the `--seccomp` of bubblewrap)
memory           what a box costs the machine in memory, and bounds to it
sandbox          bubblewrap: its command line, and the test that it holds
bounded_process  a notebook in, outputs out; bounded in bytes, seconds and memory
sandbox_runner   the program inside the sandbox
probe            the program that tries to get out of it
doubts           where a person has to look
preprocessors    the steps that nbgrader runs in place of its own
saving           its last one, which remembers what a person has read
watched          autograding that tells why it failed
sanitize         what the judge said, as harmless HTML
course           a whole class: parallel, resumed, never aborted
marks            marks as tables, and what changed
reading          what is remembered of an answer in words: versions, and who marked them
rubric           the criteria of a solution
beside           what formgrader shows beside an answer (with formgrader/)
marking          formgrader's saving, which overwrites nothing unseen
readers          what is to be read, and by whom
looked           who looked where a person has to look
late             due dates, extensions and penalties
status           where every submission of every assignment stands
catalogue        what there is to say about a slip, and where
slips            how many made which slip: by exercise, by person, over time, before and after
slips_page       the same as a page (slips.html.j2) and a table
slips_command    the command that writes them
paper            an exam on paper: whose sheets, which exercises
sheets           what a learner gets: prompts, and places to write in (with paper.css, paper.js)
answer_key       what a marker gets: right values, what counts, the number of each slip
exporters        marks and feedback as Canvas and Moodle import them
giving_back      the commands that write them
"""

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # a check of web addresses that notebooks need not pass; 2.5 s to load
