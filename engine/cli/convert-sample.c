/* ssmt convert: what models read when no sample is given
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/convert.h"

const char *const convert_sample[] = { "Good evening, and welcome.", "Where have you been all day?",
  "I was at the station, but the train never came.", "They say there is snow on the line.",
  "Sit down, you must be cold.", "Would you like a cup of tea?", "Yes, please, with a little milk.",
  "My sister called this morning.", "She has found a new flat near the river.",
  "It has three rooms and a small balcony.", "How much does she pay for it?",
  "More than I would, that is all I know.",
  "The city council decided on Tuesday to close the old bridge for two years.",
  "Nearly 40,000 people cross it every day, most of them on their way to work.",
  "\"We had no choice,\" the mayor said after the meeting.",
  "Engineers had found cracks in two of the five arches.",
  "A ferry will carry passengers until the work is done.",
  "Critics call the plan expensive and badly prepared.",
  "The mountain is 2,962 metres high and lies on the border between two countries.",
  "Its name was first written down in the fourteenth century.",
  "Until 1820 nobody had reached the summit.", "Today a railway takes visitors almost to the top.",
  "To install the program, open a window and type the command below.",
  "Do not switch off the computer while the update is running.",
  "If the red light goes on, press the button twice and wait for ten seconds.",
  "Doctors recommend that adults sleep at least seven hours a night.",
  "People who sleep less are more likely to catch a cold.",
  "He opened the letter slowly, as if he already knew what was in it.",
  "\"I'm sorry,\" she whispered.", "\"You should have told me.\"", "Nobody spoke for a long time.",
  "Then the dog began to bark, and both of them had to laugh.", "What are you doing tomorrow?",
  "Nothing special. Why?", "Because I have two tickets for the concert.",
  "Then I'll see you there.", NULL };
