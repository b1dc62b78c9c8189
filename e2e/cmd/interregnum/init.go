package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/interregnum/interregnum/e2e/subject/survey"
)

// surveyed is the flags of interregnum init.
type surveyed struct {
	from, namespace, lease, kubeconfig, context, out string
}

func initCommand() *cobra.Command {
	var s surveyed
	command := &cobra.Command{
		Use:   "init --from deployment/NAME",
		Short: "Write a subject's file from what a cluster says of a controller that runs there",
		Long: "Reads a Deployment or a StatefulSet, its pods, the Lease that one of them holds, its rights, and the CustomResourceDefinitions of the\n" +
			"kinds that those name, and writes a subject's file, with comments where a person must decide (TODO). Flags of its leader election\n" +
			"become placeholders. interregnum validate then says what is still missing.\n\n" +
			"It only gets and lists, and never asks for a Secret. The cluster is the one of your kubeconfig, as for kubectl. Files that are\n" +
			"there already are left alone.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return s.run(command.Context()) },
	}
	flags := command.Flags()
	flags.StringVar(&s.from, "from", "", "what to read of: deployment/NAME or statefulset/NAME")
	flags.StringVarP(&s.namespace, "namespace", "n", "", "its namespace (default: that of the context)")
	flags.StringVar(&s.lease, "lease", "", "its Lease, NAME or NAMESPACE/NAME, where that is not found by its holder and by flags")
	flags.StringVar(&s.kubeconfig, "kubeconfig", "", "the kubeconfig (default: KUBECONFIG in the environment, else ~/.kube/config)")
	flags.StringVar(&s.context, "context", "", "the kubeconfig's context (default: its current one)")
	flags.StringVarP(&s.out, "output", "o", defaultFile, "the file to write; what it refers to is written beside it")
	return command
}

// surveyTimeout is how long the reading may take: a dozen requests. A server that does not answer is told of within seconds.
const surveyTimeout = 20 * time.Second

func (s *surveyed) run(ctx context.Context) error {
	if s.from == "" {
		return errors.New("--from: expected deployment/NAME or statefulset/NAME, got nothing")
	}
	config, namespace, err := s.cluster()
	if err != nil {
		return err
	}
	target, err := survey.ParseTarget(s.from, namespace)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	// Before anything is asked for.
	if _, err := os.Lstat(s.out); err == nil {
		return errThere(s.out)
	}
	fmt.Fprintf(os.Stderr, "reading %s of %s\n", target, config.Host)
	ctx, cancel := context.WithTimeoutCause(ctx, surveyTimeout, fmt.Errorf("expected %s to answer within %v", config.Host, surveyTimeout))
	defer cancel()
	config.Timeout = surveyTimeout / 2
	found, err := survey.Read(ctx, config, target, s.lease)
	if err != nil {
		return err
	}
	files, err := found.Files(filepath.Base(s.out))
	if err != nil {
		return err
	}
	return s.write(files)
}

// cluster is how to reach the one that the flags choose, and the namespace to look in.
func (s *surveyed) cluster() (*rest.Config, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = s.kubeconfig
	chosen := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: s.context})
	config, err := chosen.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("expected a kubeconfig (--kubeconfig, --context) that leads to a cluster: %w", err)
	}
	if s.namespace != "" {
		return config, s.namespace, nil
	}
	namespace, _, err := chosen.Namespace()
	return config, namespace, err
}

func errThere(path string) error {
	return fmt.Errorf("expected that %s is not there yet, and it is: name another (-o), or remove it", path)
}

// write writes all of the files, or none.
func (s *surveyed) write(files map[string]string) (err error) {
	var written []string
	defer func() {
		for _, path := range written {
			if err != nil {
				err = errors.Join(err, os.Remove(path))
			}
		}
	}()
	todos := 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(filepath.Dir(s.out), name)
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		switch {
		case errors.Is(err, os.ErrExist):
			return errThere(path)
		case err != nil:
			return fmt.Errorf("--output: %w", err)
		}
		written = append(written, path)
		_, err = file.WriteString(files[name])
		if err := errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("--output: %w", err)
		}
		todos += strings.Count(files[name], "TODO: ")
	}
	fmt.Printf("wrote %s: %d places in them are marked TODO\nthen: interregnum validate -f %s\n", strings.Join(written, ", "), todos, quoted(s.out))
	return nil
}
