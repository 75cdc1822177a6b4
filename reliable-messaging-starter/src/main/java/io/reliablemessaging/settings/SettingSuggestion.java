package io.reliablemessaging.settings;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A setting that may have been meant by an unknown name.
 *
 * @param path its name as it should be written
 * @param compared its name without brackets, for comparison
 */
record SettingSuggestion(String path, String compared) {

    private static final int SLIPS = 2;
    private static final int LETTERS_PER_SLIP = 3;

    /** Finds the setting nearest to what was written, if one is near; otherwise the only one with the same last name. */
    static Optional<String> nearest(List<SettingSuggestion> candidates, String written) {
        Optional<SettingSuggestion> nearest =
                candidates.stream().min(Comparator.comparingInt(candidate -> distance(candidate.compared, written)));
        if (nearest.isPresent() && isNear(nearest.get().compared, written)) {
            return nearest.map(SettingSuggestion::path);
        }
        List<String> elsewhere = candidates.stream()
                .filter(candidate -> letters(last(candidate.compared)).equals(letters(last(written))))
                .map(SettingSuggestion::path)
                .filter(path -> !path.contains("["))
                .distinct()
                .toList();
        return elsewhere.size() == 1 ? Optional.of(elsewhere.get(0)) : Optional.empty();
    }

    // a common beginning says nothing: "topics.orders.color" is not near "topics.orders.config"
    private static boolean isNear(String meant, String written) {
        int same = 0;
        while (same < Math.min(meant.length(), written.length()) && meant.charAt(same) == written.charAt(same)) {
            same++;
        }
        return distance(meant, written) <= Math.max(SLIPS, (written.length() - same) / LETTERS_PER_SLIP);
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('.') + 1);
    }

    private static String letters(String path) {
        return path.toLowerCase(Locale.ROOT).replaceAll("[-_]", "");
    }

    /** Counts the letters that must be added, left out, replaced or exchanged with the next one to get from one to the other. */
    static int distance(String one, String other) {
        String a = letters(one);
        String b = letters(other);
        int[][] slips = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                slips[i][j] = i == 0 || j == 0 ? i + j : slips(slips, a, b, i, j);
            }
        }
        return slips[a.length()][b.length()];
    }

    private static int slips(int[][] slips, String a, String b, int i, int j) {
        int replaced = slips[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        int least = Math.min(replaced, Math.min(slips[i - 1][j], slips[i][j - 1]) + 1);
        boolean exchanged = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        return exchanged ? Math.min(least, slips[i - 2][j - 2] + 1) : least;
    }
}
