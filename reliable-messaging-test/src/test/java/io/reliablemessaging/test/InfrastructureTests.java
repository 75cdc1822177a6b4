package io.reliablemessaging.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.springframework.mock.env.MockEnvironment;

class InfrastructureTests {

    private final MockEnvironment environment = new MockEnvironment();

    @Test
    void takesTheNamedOne() {
        assertThat(chosen("embedded")).isInstanceOf(EmbeddedServers.class);
        assertThat(chosen("containers")).isInstanceOf(ContainerServers.class);
    }

    @Test
    void decidesByItselfWhenNothingIsNamed() {
        Class<?> expected = DockerEngine.answers() ? ContainerServers.class : EmbeddedServers.class;

        assertThat(Infrastructure.chosenIn(environment)).isInstanceOf(expected);
    }

    @Test
    void namesTheAlternativesToAWrongValue() {
        assertThatThrownBy(() -> chosen("docker"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "reliable-messaging.test.infrastructure=docker is not known; use auto, embedded or containers");
    }

    private Infrastructure chosen(String value) {
        return Infrastructure.chosenIn(environment.withProperty(Infrastructure.PROPERTY, value));
    }
}
