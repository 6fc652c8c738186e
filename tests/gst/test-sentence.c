/* ssmtranslate: sentences over cues
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>

#include "cue-sentence.h"

static CueGroup *
new_group (const char *language, const char *cues)
{
  CueGroup *group = cue_group_new (language, language);
  g_auto (GStrv) texts = g_strsplit (cues, "|", -1);

  for (guint i = 0; texts[i]; i++)
    cue_group_add (group, texts[i]);
  return group;
}

/* --- where sentences end ------------------------------------------------------ */

static const struct {
  const char *language, *cue;
  gboolean is_complete;
} ends[] = {
  { "en", "He went home.", TRUE },
  { "en", "He went", FALSE },
  { "en", "He went,", FALSE },
  { "en", "He saw Mr.", FALSE },
  { "en", "I met Prof.", FALSE },
  { "en", "Really?!", TRUE },
  { "en", "\"Go away.\"", TRUE },
  { "en", "(He did go.)", TRUE },
  { "en", "We paid 3.", TRUE },
  { "en", "He paid 3.50", FALSE },
  { "en", "go forward ten meters", FALSE },
  { "en", "\342\231\252", TRUE },
  { "en", "12:30", TRUE },
  { "en", "", TRUE },
  { "de", "Er kam am Montag.", TRUE },
  { "de", "Das sind z.B.", FALSE },
  { "fr", "Il est parti !", TRUE },
  { "fr", "C'est M.", FALSE },
  { "zh", "\344\273\226\345\233\236\345\256\266\344\272\206\343\200\202", TRUE },
  { "zh", "\344\273\226\345\233\236\345\256\266\344\272\206", FALSE },
  { "ar", "\330\243\331\212\331\206\330\237", TRUE },
  { NULL, "He went home.", TRUE },
  { "not a language", "He went home.", TRUE },
};

static void
test_ends (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++) {
    g_autoptr (CueGroup) group = new_group (ends[i].language, ends[i].cue);

    g_test_message ("%s", ends[i].cue);
    g_assert_cmpint (cue_group_is_complete (group), ==, ends[i].is_complete);
  }
}

/* --- joining and cutting ---------------------------------------------------------- */

static const struct {
  const char *language, *cues, *sentences;
} cuts[] = {
  { "en", "He went|home.", "He went home." },
  { "en", "He went home. And|she stayed.", "He went home.|And she stayed." },
  { "en", "Mr. Smith|went home.", "Mr. Smith went home." },
  { "en", "Well|, no|!", "Well, no!" },
  { "fr", "Eh bien|, non|!", "Eh bien, non !" },
  { "en", " go | on ", "go on" },
  { "zh", "\344\273\226\345\233\236|\345\256\266\344\272\206\343\200\202",
      "\344\273\226\345\233\236\345\256\266\344\272\206\343\200\202" },
  { "en", "Yes. ...", "Yes. ..." },
  { "en", "", "" },
};

static void
test_cuts (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cuts); i++) {
    g_autoptr (CueGroup) group = new_group (cuts[i].language, cuts[i].cues);
    g_auto (GStrv) sentences = cue_group_dup_sentences (group);
    g_autofree char *joined = g_strjoinv ("|", sentences);

    g_assert_cmpstr (joined, ==, cuts[i].sentences);
  }
}

/* --- dividing -------------------------------------------------------------------------- */

static const struct {
  const char *cues, *translations, *shares;
} splits[] = {
  { "He went|home.", "Er ging nach Hause.", "Er ging nach|Hause." },
  { "One two|three four.", "Eins zwei drei vier.", "Eins zwei|drei vier." },
  { "He|went home a long time ago.", "Er ging vor langer Zeit nach Hause.",
      "Er|ging vor langer Zeit nach Hause." },
  /* behind the comma, though "dass" is nearer to the middle */
  { "I know that he|has gone back.", "Ich wei\303\237, dass er zur\303\274ckging.",
      "Ich wei\303\237, dass|er zur\303\274ckging." },
  { "When he came in|we all stood up.", "Als er herein kam, standen wir alle auf.",
      "Als er herein kam,|standen wir alle auf." },
  /* two sentences, the second begins in the first cue */
  { "He left. Then|she came.", "Er ging.#Dann kam sie.", "Er ging. Dann|kam sie." },
  { "He left.|She came.", "Er ging.#Sie kam.", "Er ging.|Sie kam." },
  /* fewer words than cues */
  { "He|is|gone.", "Weg.", "Weg.||" },
  { "He|is|gone.", "Ist weg.", "Ist|weg.|" },
  { "He|is|gone.", "Er ist weg.", "Er|ist|weg." },
  /* never inside a word */
  { "the sub|marine boat", "U-Boot-Fahrer Meier", "U-Boot-Fahrer|Meier" },
  { "go|on", "", "|" },
};

/* The texts alone. */
static char **
split (const CueGroup *group, char *const *translations)
{
  g_autoptr (GArray) shares = cue_group_split (group, translations, NULL);
  char **texts = g_new0 (char *, shares->len + 1);

  for (guint i = 0; i < shares->len; i++)
    texts[i] = g_strdup (g_array_index (shares, CueShare, i).text);
  return texts;
}

static void
test_splits (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (splits); i++) {
    g_autoptr (CueGroup) group = new_group ("en", splits[i].cues);
    g_auto (GStrv) translations = g_strsplit (splits[i].translations, "#", -1);
    g_auto (GStrv) sentences = cue_group_dup_sentences (group);
    g_auto (GStrv) shares = NULL;
    g_autofree char *joined = NULL;

    if (g_strv_length (translations) == 0) {
      char *empty[] = { (char *) "", NULL };

      shares = split (group, empty);
    } else {
      g_assert_cmpuint (g_strv_length (sentences), ==, g_strv_length (translations));
      shares = split (group, translations);
    }
    joined = g_strjoinv ("|", shares);
    g_assert_cmpstr (joined, ==, splits[i].shares);
  }
}

static void
add_link (GPtrArray *links, SsmtRange target, SsmtRange source)
{
  GArray *sentence = g_array_new (FALSE, FALSE, sizeof (CueLink));
  CueLink link = { target, source };

  g_array_append_val (sentence, link);
  g_ptr_array_add (links, sentence);
}

/* Links are in bytes of a sentence and its translation, then of a cue and its share. */
static void
test_links (void)
{
  g_autoptr (CueGroup) group = new_group ("en", "He left. Then|she came.");
  g_autoptr (GPtrArray) links = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  char *const translations[] = { (char *) "Er ging.", (char *) "Dann kam sie." };
  g_autoptr (GArray) shares = NULL;
  const CueShare *first, *second;
  const CueLink *link;

  add_link (links, (SsmtRange){ 3, 8 }, (SsmtRange){ 3, 8 });  /* left. ging. */
  add_link (links, (SsmtRange){ 5, 8 }, (SsmtRange){ 9, 14 }); /* came. kam */
  shares = cue_group_split (group, translations, links);
  g_assert_cmpuint (shares->len, ==, 2);
  first = &g_array_index (shares, CueShare, 0);
  second = &g_array_index (shares, CueShare, 1);
  g_assert_cmpstr (first->text, ==, "Er ging. Dann");
  g_assert_cmpstr (second->text, ==, "kam sie.");
  g_assert_cmpuint (first->links->len, ==, 1);
  link = &g_array_index (first->links, CueLink, 0);
  g_assert_cmpuint (link->target.start, ==, 3);
  g_assert_cmpuint (link->target.end, ==, 8);
  g_assert_cmpuint (link->source.start, ==, 3);
  g_assert_cmpuint (second->links->len, ==, 1);
  link = &g_array_index (second->links, CueLink, 0);
  g_assert_cmpuint (link->target.start, ==, 0);
  g_assert_cmpuint (link->target.end, ==, 3);
  g_assert_cmpuint (link->source.start, ==, 4);
  g_assert_cmpuint (link->source.end, ==, 9);
}

static void
append_words (GString *text, guint n)
{
  static const char *const words[] = { "a", "Haus", "gehen,", "ist.", "U-Boot",
    "\344\273\226\345\233\236", "\303\274ber", "-", "\342\231\252", "\"Ja\"",
    "\340\270\252\340\270\247\340\270\261\340\270\252\340\270\224\340\270\265" };

  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "%s ", words[g_test_rand_int_range (0, G_N_ELEMENTS (words))]);
}

static void
remove_spaces (char *text)
{
  char *to = text;

  for (; *text; text++) {
    if (*text != ' ')
      *to++ = *text;
  }
  *to = '\0';
}

/* Nothing is lost, added or put elsewhere. */
static void
test_random (void)
{
  for (guint n = 0; n < 2000; n++) {
    g_autoptr (CueGroup) group = cue_group_new ("de", "de");
    g_autoptr (GString) all = g_string_new (NULL);
    g_auto (GStrv) sentences = NULL;
    g_auto (GStrv) shares = NULL;
    g_autofree char *joined = NULL;
    guint n_cues = g_test_rand_int_range (1, 8);

    for (guint i = 0; i < n_cues; i++) {
      g_autoptr (GString) text = g_string_new (NULL);

      append_words (text, g_test_rand_int_range (0, 6));
      cue_group_add (group, text->str);
    }
    sentences = cue_group_dup_sentences (group);
    for (guint i = 0; sentences[i]; i++) {
      GString *translation = g_string_new (NULL);

      append_words (translation, g_test_rand_int_range (0, 12));
      g_string_append (all, translation->str);
      g_free (sentences[i]);
      sentences[i] = g_string_free (translation, FALSE);
    }
    shares = split (group, sentences);
    g_assert_cmpuint (g_strv_length (shares), ==, n_cues);
    joined = g_strjoinv ("", shares);
    remove_spaces (joined);
    remove_spaces (all->str);
    g_assert_cmpstr (joined, ==, all->str);
    for (guint i = 0; shares[i]; i++)
      g_assert_true (g_utf8_validate (shares[i], -1, NULL));
  }
}

/* As long as a cue may be: at once. */
static void
test_long (void)
{
  g_autoptr (CueGroup) group = cue_group_new ("en", "de");
  g_autoptr (GString) text = g_string_new (NULL);
  g_auto (GStrv) sentences = NULL;
  g_auto (GStrv) shares = NULL;

  append_words (text, 10000);
  for (guint i = 0; i < 16; i++)
    cue_group_add (group, text->str);
  sentences = cue_group_dup_sentences (group);
  shares = split (group, sentences);
  g_assert_cmpuint (g_strv_length (shares), ==, 16);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sentence/ends", test_ends);
  g_test_add_func ("/sentence/cuts", test_cuts);
  g_test_add_func ("/sentence/splits", test_splits);
  g_test_add_func ("/links", test_links);
  g_test_add_func ("/sentence/random", test_random);
  g_test_add_func ("/sentence/long", test_long);
  return g_test_run ();
}
