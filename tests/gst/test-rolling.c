/* ssmtranslate tests: captions that roll up
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cue-lines.h"
#include "rolling.h"

/* A translation is its source in capitals, so that one can see what was asked for. */
static const struct {
  const char *text, *asked, *shown; /* asked: NULL: nothing */
} cues[] = {
  { "welcome to the garden", "welcome to the garden", "WELCOME TO THE GARDEN" },
  { "welcome to the garden", "welcome to the garden", "WELCOME TO THE GARDEN" },
  { "welcome to the garden\nwe have trees", "we have trees",
      "WELCOME TO THE GARDEN" CUE_LINE_BREAK "WE HAVE TREES" },
  { "we have trees", NULL, "WE HAVE TREES" },
  { "we have trees\nand three ponds", "and three ponds",
      "WE HAVE TREES" CUE_LINE_BREAK "AND THREE PONDS" },
  { "and three ponds", NULL, "AND THREE PONDS" },
  { "and three ponds were there", "and three ponds were there", "AND THREE PONDS WERE THERE" },
  { "Yes.", "Yes.", "YES." },
  { "Yes.", "Yes.", "YES." },
  { "I said\nyes.", "I said\nyes.", "I SAID\nYES." },
  { "yes.\nNo.", "yes.\nNo.", "YES.\nNO." },
};

static void
test_cues (void)
{
  CueRolling rolling = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (cues); i++) {
    const char *rest = cue_rolling_find_new (&rolling, cues[i].text);
    const char *asked = rest ? rest : cues[i].text;
    g_autofree char *translation = *asked != '\0' ? g_ascii_strup (asked, -1) : NULL;
    g_autofree char *shown = NULL;

    g_assert_cmpstr (*asked != '\0' ? asked : NULL, ==, cues[i].asked);
    shown = cue_rolling_finish (&rolling, cues[i].text, translation);
    g_assert_cmpstr (shown, ==, cues[i].shown);
  }
  cue_rolling_clear (&rolling);
}

/* What the engine could not read is not kept for another time. */
static void
test_untranslated (void)
{
  CueRolling rolling = { NULL };
  g_autofree char *first = cue_rolling_finish (&rolling, "one", NULL);

  g_assert_null (first);
  g_assert_null (cue_rolling_find_new (&rolling, "one\ntwo"));
  cue_rolling_clear (&rolling);
}

static CueRolling
load (const GByteArray *bytes, guint length)
{
  CueRolling rolling = { NULL };

  cue_rolling_load (&rolling, bytes->data, length);
  return rolling;
}

/* Behind other bytes and back; nothing else than a line is taken for one. */
static void
test_kept (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  CueRolling rolling = { NULL }, back;

  g_byte_array_append (bytes, (const guint8 *) "state", 5);
  cue_rolling_save (&rolling, bytes);
  g_assert_cmpuint (bytes->len, ==, 5);
  g_free (cue_rolling_finish (&rolling, "one", "eins"));
  g_free (cue_rolling_finish (&rolling, "one\nt\303\274", "zw\303\266lf"));
  cue_rolling_save (&rolling, bytes);
  back = load (bytes, bytes->len);
  g_assert_cmpstr (back.line, ==, "t\303\274");
  g_assert_cmpstr (back.translation, ==, "zw\303\266lf");
  g_assert_true (back.rolls);
  cue_rolling_clear (&back);
  for (guint n = 0; n < bytes->len; n++) {
    back = load (bytes, n);
    g_assert_null (back.line);
  }
  for (guint i = 5; i < bytes->len; i++) {
    bytes->data[i] ^= 0x80;
    back = load (bytes, bytes->len);
    g_assert_true (!back.line || g_utf8_validate (back.line, -1, NULL));
    cue_rolling_clear (&back);
    bytes->data[i] ^= 0x80;
  }
  cue_rolling_clear (&rolling);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rolling/cues", test_cues);
  g_test_add_func ("/rolling/untranslated", test_untranslated);
  g_test_add_func ("/rolling/kept", test_kept);
  return g_test_run ();
}
