package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkspaceTests {

    @TempDir
    Path temporary;

    @Test
    void removesWhatADeadOwnerLeftBehind() throws IOException {
        Path leftover = Files.createDirectory(temporary.resolve("reliable-messaging-test-1"));
        Files.createFile(leftover.resolve("in-use"));
        Files.createDirectories(leftover.resolve("kafka/data"));

        Workspace.removeLeftovers(temporary);

        assertThat(temporary).isEmptyDirectory();
    }

    @Test
    void leavesOthersAlone() throws IOException {
        Files.createDirectory(temporary.resolve("reliable-messaging-test-without-lock-file"));
        Files.createFile(Files.createDirectory(temporary.resolve("another")).resolve("in-use"));

        Workspace.removeLeftovers(temporary);

        assertThat(temporary.toFile().list()).hasSize(2);
    }

    @Test
    void leavesTheDirectoriesOfLivingOwnersAlone() throws IOException {
        Path mine = Workspace.newDirectory("mine");

        Workspace.removeLeftovers(mine.getParent().getParent());

        assertThat(mine).exists();
        Workspace.remove(mine);
    }
}
