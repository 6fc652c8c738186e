/* embed: the library in a program of one's own
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   cc embed.c $(pkg-config --cflags --libs ssmt-1.0) -o embed
 *   ./embed ["a line" ...]
 */
#include <stdio.h>

#include <ssmt/ssmt.h>

static gboolean
translate (SsmtStream *stream, char **lines, int n, GError **error)
{
  for (int i = 0; i < n; i++) {
    g_autoptr (SsmtTranslation) portuguese =
        ssmt_stream_translate (stream, lines[i], SSMT_TRANSLATE_NONE, NULL, error);

    if (!portuguese)
      return FALSE;
    printf ("%s\n  -> %s\n", lines[i], ssmt_translation_get_text (portuguese));
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  /* The second and third lines need the first: who is "she", what is "it"? */
  char *example[] = {
    (char *) "My sister bought a bicycle yesterday.",
    (char *) "She found it in a small shop.",
    (char *) "It was not expensive.",
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtModel) model = NULL;
  g_autoptr (SsmtStream) stream = NULL;
  g_autofree char *path = ssmt_model_find_default ();
  gboolean given = argc > 1;

  if (!path) {
    fprintf (stderr, "no default model; set SSMT_MODEL_PATH\n");
    return 1;
  }
  /* One model for any number of streams, one stream for each document. */
  model = ssmt_model_load (path, NULL, 0, &error);
  if (model)
    stream = ssmt_stream_new (model, NULL, &error);
  if (!stream
      || !translate (stream, given ? argv + 1 : example,
          given ? argc - 1 : (int) G_N_ELEMENTS (example), &error)) {
    fprintf (stderr, "%s\n", error->message);
    return 1;
  }
  return 0;
}
